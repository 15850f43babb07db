// AWS's S3 Encryption Client for Go, told what to do by lines of JSON; tests/interop/README.md has the protocol.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/amazon-s3-encryption-client-go/v4/algorithms"
	"github.com/aws/amazon-s3-encryption-client-go/v4/client"
	"github.com/aws/amazon-s3-encryption-client-go/v4/commitment"
	"github.com/aws/amazon-s3-encryption-client-go/v4/materials"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

type request struct {
	Op, Bucket, Key, Format, File string
	Keyring                       struct{ Kind, KeyID string }
	Context                       map[string]string
}

type peer struct {
	s3  *s3.Client
	kms *kms.Client
}

func newPeer() (*peer, error) {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	endpoint := os.Getenv("INTEROP_ENDPOINT")
	plain := s3.NewFromConfig(settings, func(options *s3.Options) {
		options.UsePathStyle = true
		options.EndpointResolver = s3.EndpointResolverFromURL(endpoint)
	})
	keys := kms.NewFromConfig(settings, func(options *kms.Options) {
		options.EndpointResolver = kms.EndpointResolverFromURL(endpoint)
	})
	return &peer{plain, keys}, nil
}

func (p *peer) clientFor(r request) (*client.S3EncryptionClientV4, error) {
	if r.Keyring.Kind != "kms" {
		return nil, errors.New("this client has a KMS keyring only")
	}
	manager, err := materials.NewCryptographicMaterialsManager(materials.NewKmsKeyring(p.kms, r.Keyring.KeyID))
	if err != nil {
		return nil, err
	}
	return client.New(p.s3, manager, func(options *client.EncryptionClientOptions) {
		if r.Format == "V2" {
			options.CommitmentPolicy = commitment.FORBID_ENCRYPT_ALLOW_DECRYPT
			options.EncryptionAlgorithmSuite = algorithms.AlgAES256GCMIV12Tag16NoKDF
		} else {
			options.CommitmentPolicy = commitment.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
			options.EncryptionAlgorithmSuite = algorithms.AlgAES256GCMHkdfSha512CommitKey
		}
	})
}

func (p *peer) perform(r request) error {
	encrypting, err := p.clientFor(r)
	if err != nil {
		return err
	}
	ctx := context.WithValue(context.Background(), client.EncryptionContext, r.Context)
	switch r.Op {
	case "put":
		content, err := os.ReadFile(r.File)
		if err != nil {
			return err
		}
		_, err = encrypting.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(r.Bucket), Key: aws.String(r.Key), Body: bytes.NewReader(content),
		})
		return err
	case "get":
		object, err := encrypting.GetObject(ctx, &s3.GetObjectInput{
			Bucket: aws.String(r.Bucket), Key: aws.String(r.Key),
		})
		if err != nil {
			return err
		}
		defer object.Body.Close()
		content, err := io.ReadAll(object.Body)
		if err != nil {
			return err
		}
		return os.WriteFile(r.File, content, 0o600)
	case "delete":
		_, err := encrypting.DeleteObject(ctx, &s3.DeleteObjectInput{
			Bucket: aws.String(r.Bucket), Key: aws.String(r.Key),
		})
		return err
	}
	return errors.New("this client cannot do that")
}

func (p *peer) answer(line []byte) any {
	var r request
	err := json.Unmarshal(line, &r)
	if err == nil {
		err = p.perform(r)
	}
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	return map[string]bool{"ok": true}
}

func main() {
	p, err := newPeer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(`{"ready":true}`)
	output := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		_ = output.Encode(p.answer(lines.Bytes()))
	}
}
