// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Algorithm is how a key signs tokens (RFC 7518).
// +kubebuilder:validation:Enum=RS256;RS384;RS512;PS256;PS384;PS512;ES256;ES384;EdDSA;HS256
type Algorithm string

// Issuer is an authority whose JSON Web Tokens a pool takes.
//
// +kubebuilder:validation:XValidation:rule="has(self.jwksURL) != has(self.keysSecretRef)",message="an issuer needs jwksURL or keysSecretRef, not both"
type Issuer struct {
	// issuer is the iss of its tokens, letter by letter.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +required
	Issuer string `json:"issuer"`

	// audience must be among the aud of its tokens.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +required
	Audience string `json:"audience"`

	// jwksURL is where its keys are published (RFC 7517). They are fetched once a
	// minute; when there is no answer, the last ones are good for a day.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != '' && !self.contains('@')",message="jwksURL must be https://host/path"
	// +optional
	JWKSURL string `json:"jwksURL,omitempty"`

	// keysSecretRef names an entry of a Secret, in the same namespace, that holds
	// its keys in the same form. Only there may a key be a shared secret (HS256).
	// +optional
	KeysSecretRef *KeySetRef `json:"keysSecretRef,omitempty"`

	// algorithms are those that its keys may have. Empty: all. A token must have
	// the one of its key.
	// +kubebuilder:validation:MaxItems=10
	// +listType=set
	// +optional
	Algorithms []Algorithm `json:"algorithms,omitempty"`

	// playerClaim is the claim that names the player. Its values must never be
	// given to another person.
	// +kubebuilder:default=sub
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	PlayerClaim string `json:"playerClaim,omitempty"`

	// playerPrefix is put before it, so that issuers cannot name each other's
	// players.
	// +kubebuilder:default=""
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]*$`
	// +optional
	PlayerPrefix string `json:"playerPrefix"`

	// classClaim is a claim that says bot or service for callers that have limits
	// of their own. Empty: every caller is a player.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ClassClaim string `json:"classClaim,omitempty"`
}

// KeySetRef names the entry of a Secret, in the same namespace, that holds a set
// of keys (RFC 7517).
type KeySetRef struct {
	// name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`

	// key in its data.
	// +kubebuilder:default=jwks.json
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +optional
	Key string `json:"key,omitempty"`
}
