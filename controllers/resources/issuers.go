// SPDX-License-Identifier: Apache-2.0

package resources

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"gamesession.dev/operator/api/v1alpha1"
)

// issuersVariable tells a shard whom to trust. Keys are no part of it: those of a
// Secret are mounted.
const issuersVariable = "ISSUERS"

// trusted is an issuer as a shard reads it.
type trusted struct {
	Issuer       string               `json:"issuer"`
	Audience     string               `json:"audience"`
	JWKSURL      string               `json:"jwksURL,omitempty"`
	KeysFile     string               `json:"keysFile,omitempty"`
	PlayerClaim  string               `json:"playerClaim,omitempty"`
	PlayerPrefix string               `json:"playerPrefix,omitempty"`
	ClassClaim   string               `json:"classClaim,omitempty"`
	Algorithms   []v1alpha1.Algorithm `json:"algorithms,omitempty"`
}

// keySetFile is where the keys of the i-th issuer are, below [issuersDir].
func keySetFile(i int) string { return fmt.Sprintf("%d.json", i) }

// issuerEnv is the variable that names the issuers, when there are any.
func issuerEnv(pool *v1alpha1.ShardPool) []corev1.EnvVar {
	if len(pool.Spec.Issuers) == 0 {
		return nil
	}
	var config struct {
		Issuers []trusted `json:"issuers"`
	}
	for i, issuer := range pool.Spec.Issuers {
		t := trusted{
			Issuer: issuer.Issuer, Audience: issuer.Audience, JWKSURL: issuer.JWKSURL,
			PlayerClaim: issuer.PlayerClaim, PlayerPrefix: issuer.PlayerPrefix, ClassClaim: issuer.ClassClaim, Algorithms: issuer.Algorithms,
		}
		if issuer.KeysSecretRef != nil {
			t.KeysFile = path.Join(issuersDir, keySetFile(i))
		}
		config.Issuers = append(config.Issuers, t)
	}
	text, err := json.Marshal(config)
	if err != nil {
		panic("a list of issuers is always JSON: " + err.Error())
	}
	// The kubelet would put variables in the place of $(NAME).
	return []corev1.EnvVar{{Name: issuersVariable, Value: strings.ReplaceAll(string(text), "$", "$$")}}
}

// keySets are the files with the keys of those issuers that publish none.
func keySets(pool *v1alpha1.ShardPool) []corev1.VolumeProjection {
	var sources []corev1.VolumeProjection
	for i, issuer := range pool.Spec.Issuers {
		if ref := issuer.KeysSecretRef; ref != nil {
			sources = append(sources, corev1.VolumeProjection{Secret: &corev1.SecretProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: ref.Name},
				Items:                []corev1.KeyToPath{{Key: ref.Key, Path: keySetFile(i)}},
			}})
		}
	}
	return sources
}
