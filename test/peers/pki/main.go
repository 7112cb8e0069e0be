// Pki makes a certificate authority, and certificates of users that it signs, for tests:
//
//	pki ca CERTIFICATE KEY                      writes both files
//	pki client CERTIFICATE KEY USER [GROUP...]  prints a certificate of the user, then its key
//
// A user is the common name of the subject, and a group an organization, as Kubernetes reads them.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

const lifetime = 365 * 24 * time.Hour

// Clocks of two processes may differ a little.
const leeway = time.Hour

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pki:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "ca":
		return makeAuthority(args[1], args[2])
	case len(args) >= 4 && args[0] == "client":
		return printClient(args[1], args[2], pkix.Name{CommonName: args[3], Organization: args[4:]})
	default:
		return errors.New("usage: pki ca CERTIFICATE KEY | pki client CERTIFICATE KEY USER [GROUP...]")
	}
}

func makeAuthority(certificateFile, keyFile string) error {
	template := templateOf(pkix.Name{CommonName: "test clients"})
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	certificate, keyPem, err := issue(template, template, key, key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certificateFile, certificate, 0o644); err != nil {
		return err
	}
	return os.WriteFile(keyFile, keyPem, 0o600)
}

func printClient(certificateFile, keyFile string, subject pkix.Name) error {
	authority, err := tls.LoadX509KeyPair(certificateFile, keyFile)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := templateOf(subject)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	certificate, keyPem, err := issue(template, authority.Leaf, key, authority.PrivateKey)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(certificate, keyPem...))
	return err
}

func templateOf(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{
		Subject:   subject,
		NotBefore: time.Now().Add(-leeway),
		NotAfter:  time.Now().Add(lifetime),
	}
}

// issue signs a certificate for key with the key of its issuer: both as PEM.
func issue(template, issuer *x509.Certificate, key *ecdsa.PrivateKey, signer any) (certificate, keyPem []byte, err error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	keyDer, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDer}), nil
}
