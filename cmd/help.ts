/** Help texts, by command; the empty one is the program's own. */
export const HELP: Readonly<Record<string, string>> = {
  '': `feddns: one DNS name for a service that runs in many Kubernetes clusters

Usage: feddns COMMAND [FLAG...]

Commands:
  resolver           answer DNS queries
  check              find every problem of a configuration
  convert corefile   federations of a CoreDNS Corefile as our configuration
  version            print the version

\`feddns COMMAND --help\` tells more, with examples.
`,
  resolver: `feddns resolver: answers federated names from the state of the cluster, and forwards all others

Usage: feddns resolver --config FILE [--log-level LEVEL]

Flags, and the environment variables that stand in for them:
  --config FILE      FEDDNS_CONFIG      the configuration (YAML); read again when it changes and on SIGHUP
  --log-level LEVEL  FEDDNS_LOG_LEVEL   debug, info (default), warn, error or silent

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
  version: `feddns version: prints the version

Usage: feddns version

Examples:
  feddns version
`,
}
