// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LogLevel is how much a shard logs.
// +kubebuilder:validation:Enum=debug;info;warn;error
type LogLevel string

// PullPolicy says when the kubelet pulls the image.
// +kubebuilder:validation:Enum=Always;IfNotPresent;Never
type PullPolicy string

// ShardPoolSpec is the wish of who runs the platform.
//
// +kubebuilder:validation:XValidation:rule="self.minReplicas <= self.maxReplicas",message="minReplicas must not be above maxReplicas"
// +kubebuilder:validation:XValidation:rule="self.replicas >= self.minReplicas && self.replicas <= self.maxReplicas",message="replicas must be from minReplicas to maxReplicas"
type ShardPoolSpec struct {
	// image of the shards.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\s]+$`
	// +required
	Image string `json:"image"`

	// imagePullPolicy is Always, IfNotPresent or Never.
	// +kubebuilder:default=IfNotPresent
	// +optional
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`

	// resources of each shard.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitzero"`

	// replicas is how many shards take sessions.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	Replicas int32 `json:"replicas,omitempty"`

	// minReplicas is the lower bound of replicas, 1 to 100.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	MinReplicas int32 `json:"minReplicas,omitempty"`

	// maxReplicas is the upper bound of replicas, 1 to 100. A drain may go one
	// above it.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	MaxReplicas int32 `json:"maxReplicas,omitempty"`

	// sessionsPerShard is how many sessions one shard takes, 1 to 1000.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	SessionsPerShard int32 `json:"sessionsPerShard,omitempty"`

	// drainDeadline is how long a drain may take before the disruption budget
	// opens, 1s to 1h.
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('1h')",message="drainDeadline must be from 1s to 1h"
	// +optional
	DrainDeadline metav1.Duration `json:"drainDeadline,omitzero"`

	// relayGrace is how long a shard goes on relaying to clients that stay after
	// their session moved, 0s to 1h.
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="duration(self) <= duration('1h')",message="relayGrace must be from 0s to 1h"
	// +optional
	RelayGrace metav1.Duration `json:"relayGrace,omitzero"`

	// lease is how long a shard may be silent before it counts as dead, 500ms
	// to 1m.
	// +kubebuilder:default="3s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('500ms') && duration(self) <= duration('1m')",message="lease must be from 500ms to 1m"
	// +optional
	Lease metav1.Duration `json:"lease,omitzero"`

	// redisSecretRef names the key of a Secret, in the same namespace, that
	// holds the URL of Redis. The Secret may also have a key ca.crt: certificates
	// in PEM, of those that may sign that of Redis, in place of the system's. It
	// goes with rediss:// only.
	// +required
	RedisSecretRef SecretKeyRef `json:"redisSecretRef"`

	// signingKeySecretRef names the Secret, in the same namespace, whose entries
	// are the keys that sign session tokens. The newest is the one whose name
	// sorts last.
	// +required
	SigningKeySecretRef SecretRef `json:"signingKeySecretRef"`

	// tlsSecretRef names a Secret of type kubernetes.io/tls, in the same namespace:
	// clients then connect to the shards by wss, and shards to each other. Without
	// it TLS is for an ingress to do.
	// +optional
	TLSSecretRef *SecretRef `json:"tlsSecretRef,omitempty"`

	// publicURL is where clients reach the pool from outside. Empty: the
	// front-door Service.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self == '' || (isURL(self) && url(self).getScheme() in ['ws', 'wss'])",message="publicURL must be a ws:// or wss:// URL"
	// +optional
	PublicURL string `json:"publicURL,omitempty"`

	// logLevel is debug, info, warn or error.
	// +kubebuilder:default=info
	// +optional
	LogLevel LogLevel `json:"logLevel,omitempty"`

	// limits bound what one client of the pool can do. Pools for bots and
	// services, or behind an address that many clients share, need higher ones.
	// +kubebuilder:default={}
	// +optional
	Limits Limits `json:"limits,omitzero"`

	// issuers are the authorities whose JSON Web Tokens say who calls. Without any,
	// session tokens alone let clients in.
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.filter(b, b.playerPrefix.startsWith(a.playerPrefix)).size() == 1)",message="issuers could name the same player: no playerPrefix may begin another's"
	// +listType=map
	// +listMapKey=issuer
	// +optional
	Issuers []Issuer `json:"issuers,omitempty"`

	// allowedOrigins are the origins from which browsers may connect, such as
	// https://play.example.com. Empty: the host that they ask for.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=200
	// +kubebuilder:validation:items:Pattern=`^https?://(\[[0-9a-f:.]+\]|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)(:[0-9]{1,5})?$`
	// +listType=set
	// +optional
	AllowedOrigins []string `json:"allowedOrigins,omitempty"`

	// tracing has the shards trace commands, from the frame that brings one to the
	// update that everybody gets. Without it none is traced.
	// +optional
	Tracing *Tracing `json:"tracing,omitempty"`

	// nodeSelector of the shards.
	// +kubebuilder:validation:MaxProperties=32
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// tolerations of the shards.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
}

// Tracing says what is traced and where it goes.
type Tracing struct {
	// endpoint is the URL of a collector that takes OpenTelemetry's OTLP over HTTP,
	// such as http://collector.monitoring:4318.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHost() != '' && !self.contains('?') && !self.contains('#') && !self.contains('@')",message="endpoint must be an http:// or https:// URL without user, query or fragment"
	// +required
	Endpoint string `json:"endpoint"`

	// samplingRatePerMillion is how many of a million commands are traced, 0 to
	// 1000000.
	// +kubebuilder:default=1000
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	SamplingRatePerMillion *int32 `json:"samplingRatePerMillion,omitempty"`
}

// Limits bound what one client can do. All shards count connections together.
type Limits struct {
	// connectionsPerMinute are the attempts to connect from one address (of IPv6:
	// from one /64 network).
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	ConnectionsPerMinute int32 `json:"connectionsPerMinute,omitempty"`

	// messagesPerMinute are the messages of one connection.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	MessagesPerMinute int32 `json:"messagesPerMinute,omitempty"`

	// actionsPerMinute are the actions of one player in a session. Game masters
	// are not counted.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	ActionsPerMinute int32 `json:"actionsPerMinute,omitempty"`

	// stateUpdatesPerMinute are the changes of one session over REST.
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	StateUpdatesPerMinute int32 `json:"stateUpdatesPerMinute,omitempty"`

	// joinsPerMinute are the joins of one session over REST.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	JoinsPerMinute int32 `json:"joinsPerMinute,omitempty"`

	// creationsPerHour are the sessions that one user creates over REST.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	CreationsPerHour int32 `json:"creationsPerHour,omitempty"`

	// bots are the limits of callers whose tokens name them so. What is left out is
	// as for players.
	// +optional
	Bots *ClassLimits `json:"bots,omitempty"`

	// services are the limits of game backends and the like, as bots.
	// +optional
	Services *ClassLimits `json:"services,omitempty"`

	// trustedProxies are the networks whose X-Forwarded-For is believed, such as
	// 10.0.0.0/8.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:Pattern=`^[0-9a-f.:]+/[0-9]+$`
	// +kubebuilder:validation:XValidation:rule="self.all(n, isCIDR(n))",message="trustedProxies must be networks such as 10.0.0.0/8"
	// +listType=set
	// +optional
	TrustedProxies []string `json:"trustedProxies,omitempty"`
}

// ClassLimits bound what a caller of one class can do.
type ClassLimits struct {
	// connectionsPerMinute are the attempts of one caller to connect, wherever it
	// comes from.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	ConnectionsPerMinute int32 `json:"connectionsPerMinute,omitempty"`

	// messagesPerMinute are the messages of one connection.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	MessagesPerMinute int32 `json:"messagesPerMinute,omitempty"`

	// actionsPerMinute are the actions of one caller in a session.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	ActionsPerMinute int32 `json:"actionsPerMinute,omitempty"`
}

// SecretKeyRef names one entry of a Secret in the same namespace.
type SecretKeyRef struct {
	// name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`

	// key in its data.
	// +kubebuilder:default=url
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +optional
	Key string `json:"key,omitempty"`
}

// SecretRef names a Secret in the same namespace.
type SecretRef struct {
	// name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
}

// ShardState is what a shard is about.
// +kubebuilder:validation:Enum=Starting;Serving;Draining;Silent;Ended
type ShardState string

// The states of a shard.
const (
	// ShardStarting: its pod is not ready yet.
	ShardStarting ShardState = "Starting"
	// ShardServing: it takes sessions.
	ShardServing ShardState = "Serving"
	// ShardDraining: its sessions are being moved away.
	ShardDraining ShardState = "Draining"
	// ShardSilent: it has not been heard of for a lease.
	ShardSilent ShardState = "Silent"
	// ShardEnded: its process has ended.
	ShardEnded ShardState = "Ended"
)

// ShardStatus is one shard of the pool.
type ShardStatus struct {
	// name of the pod.
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`

	// node it runs on.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Node string `json:"node,omitempty"`

	// state of the shard.
	// +required
	State ShardState `json:"state"`

	// sessions bound to it.
	// +optional
	Sessions int32 `json:"sessions"`
}

// ShardPoolStatus is what the operator knows.
type ShardPoolStatus struct {
	// observedGeneration is the generation of the spec this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// replicas counts the shards whose pods exist, drained ones included.
	// +optional
	Replicas int32 `json:"replicas"`

	// readyReplicas counts the shards that take sessions.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas"`

	// updatedReplicas counts the shards that run what spec asks for.
	// +optional
	UpdatedReplicas int32 `json:"updatedReplicas"`

	// sessions bound to shards of the pool.
	// +optional
	Sessions int32 `json:"sessions"`

	// capacity is how many sessions the ready shards take together.
	// +optional
	Capacity int32 `json:"capacity"`

	// selector of the pods, for the scale subresource.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Selector string `json:"selector,omitempty"`

	// shards of the pool.
	// +kubebuilder:validation:MaxItems=200
	// +listType=map
	// +listMapKey=name
	// +optional
	Shards []ShardStatus `json:"shards,omitempty"`

	// conditions: Available, Progressing, Draining.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ShardPool is a pool of shards: pods that host game sessions.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=spool,categories=game
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 50",message="metadata.name must have at most 50 characters: the names of pods and Services are built from it"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.contains('.')",message="metadata.name must not contain dots: the names of Services are built from it"
// +kubebuilder:printcolumn:name="Available",type=string,JSONPath=`.status.conditions[?(@.type=="Available")].status`
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.spec.replicas`
// +kubebuilder:printcolumn:name="Ready",type=integer,JSONPath=`.status.readyReplicas`
// +kubebuilder:printcolumn:name="Updated",type=integer,JSONPath=`.status.updatedReplicas`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions`
// +kubebuilder:printcolumn:name="Capacity",type=integer,JSONPath=`.status.capacity`
// +kubebuilder:printcolumn:name="Draining",type=string,JSONPath=`.status.conditions[?(@.type=="Draining")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Image",type=string,priority=1,JSONPath=`.spec.image`
type ShardPool struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the wish.
	// +required
	Spec ShardPoolSpec `json:"spec"`

	// status is what is.
	// +optional
	Status ShardPoolStatus `json:"status,omitempty"`
}

// ShardPoolList is a list of ShardPools.
//
// +kubebuilder:object:root=true
type ShardPoolList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ShardPool `json:"items"`
}
