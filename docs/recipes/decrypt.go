// Decrypts an object of format V3 under an AES keyring, with nothing but Go's standard library.
//
// Usage: go run decrypt.go WRAPPING_KEY X_AMZ_3 X_AMZ_D X_AMZ_I < OBJECT > CONTENT (all four in base64)
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"os"
)

func decrypt(wrappingKey []byte, metadata map[string]string, body []byte) ([]byte, error) {
	part := map[string][]byte{}
	for _, name := range []string{"3", "d", "i"} {
		value, err := base64.StdEncoding.DecodeString(metadata["x-amz-"+name])
		if err != nil {
			return nil, err
		}
		part[name] = value
	}
	if len(part["3"]) != 60 {
		return nil, errors.New("the data key is not wrapped by AES/GCM")
	}
	dataKey, err := openGCM(wrappingKey, part["3"][:12], part["3"][12:], []byte("115"))
	if err != nil {
		return nil, err
	}
	extracted := hmacSHA512(part["i"], dataKey)
	// One block of HKDF-SHA512 is longer than either key.
	derive := func(label string) []byte { return hmacSHA512(extracted, []byte("\x00\x73"+label+"\x01")) }
	if !hmac.Equal(derive("COMMITKEY")[:28], part["d"]) {
		return nil, errors.New("the object commits to another key")
	}
	return openGCM(derive("DERIVEKEY")[:32], bytes.Repeat([]byte{1}, 12), body, []byte{0x00, 0x73})
}

func hmacSHA512(key, message []byte) []byte {
	mac := hmac.New(sha512.New, key)
	mac.Write(message)
	return mac.Sum(nil)
}

func openGCM(key, iv, sealed, additional []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, iv, sealed, additional)
}

func main() {
	key, err := base64.StdEncoding.DecodeString(os.Args[1])
	must(err)
	body, err := io.ReadAll(os.Stdin)
	must(err)
	metadata := map[string]string{"x-amz-3": os.Args[2], "x-amz-d": os.Args[3], "x-amz-i": os.Args[4]}
	content, err := decrypt(key, metadata, body)
	must(err)
	_, err = os.Stdout.Write(content)
	must(err)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
