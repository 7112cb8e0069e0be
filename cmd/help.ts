/** Help texts, by command; the empty one is the program's own. */
export const HELP: Readonly<Record<string, string>> = {
  '': `feddns: one DNS name for a service that runs in many Kubernetes clusters

Usage: feddns COMMAND [FLAG...]

Commands:
  resolver           answer DNS queries
  check              find every problem of a configuration
  convert corefile   federations of a CoreDNS Corefile as our configuration
  purge              have a running resolver forget a name
  dump               print what the cache of a running resolver has
  version            print the version

\`feddns COMMAND --help\` tells more, with examples.
`,
  resolver: `feddns resolver: answers federated names from the state of the cluster, and forwards all others

Usage: feddns resolver --config FILE [--log-level LEVEL] [--udp auto|dgram]

Flags, and the environment variables that stand in for them:
  --config FILE      FEDDNS_CONFIG      the configuration (YAML); read again when it changes and on SIGHUP
  --log-level LEVEL  FEDDNS_LOG_LEVEL   debug, info (default), warn, error or silent
  --udp MODE         FEDDNS_UDP         auto (default): by the calls of the system where that can be; or dgram

NODE_NAME names the node whose labels say where we are, unless the configuration does.
SIGTERM makes it unready, waits for \`lameDuck\`, lets queries finish and ends; SIGINT does not wait.

Examples:
  feddns resolver --config /etc/feddns/config.yaml
  NODE_NAME=node-1 feddns resolver --config demo/us-central1-f.yaml --log-level debug
`,
  check: `feddns check: prints every problem of a configuration at once, and ends with 1 if there is any

Usage: feddns check --config FILE

Flags, and the environment variables that stand in for them:
  --config FILE      FEDDNS_CONFIG      the configuration (YAML)

Examples:
  feddns check --config /etc/feddns/config.yaml
  POD_IP=10.4.0.9 feddns check --config config.yaml    # for values such as \${POD_IP}:1053
`,
  convert: `feddns convert: prints the configuration of another server as ours

Usage: feddns convert corefile FILE

  corefile   the \`federation\` blocks of a CoreDNS Corefile

Examples:
  feddns convert corefile /etc/coredns/Corefile >> config.yaml
`,
  purge: `feddns purge: has a running resolver forget what its cache has of a name, of all types

Usage: feddns purge NAME [--below] [--control PATH]

Flags, and the environment variables that stand in for them:
  --below            FEDDNS_BELOW=true  and of all names below it; \`. --below\` is the whole cache
  --control PATH     FEDDNS_CONTROL     \`control\` of the resolver's configuration; default /run/feddns/control.sock

It prints how many messages that were; none is no error. What the cluster itself has is not cached.
It has to run as the user of the resolver, or as root. Octets that are no letters of ASCII are written as \\DDD.

Examples:
  feddns purge www.example.org
  feddns purge example.org --below
  kubectl exec -n kube-system feddns-x7k2p -- feddns purge www.example.org
`,
  dump: `feddns dump: prints what the cache of a running resolver has, or only of a name and those below it

Usage: feddns dump [NAME] [--json] [--control PATH]

Flags, and the environment variables that stand in for them:
  --json             FEDDNS_JSON=true   one JSON object on a line for each message
  --control PATH     FEDDNS_CONTROL     \`control\` of the resolver's configuration; default /run/feddns/control.sock

Lines of a zone file with the TTLs that are left; a comment on the first line of each message. Negative answers and
failures are comments as a whole (\`;NAME\`); what is older than its TTL allows has TTL 0 and STALE in its comment.

Examples:
  feddns dump
  feddns dump example.org | grep STALE
  feddns dump --json --control /tmp/control.sock | jq -r 'select(.hits > 100).name'
`,
  version: `feddns version: prints the version

Usage: feddns version

Examples:
  feddns version
`,
}
