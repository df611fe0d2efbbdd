// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the API of the platform: GameSession, one live game, and
// ShardPool, the pods that host many of them.
//
// What can be checked without looking at another object is checked by the API
// server, from the schema and the CEL rules of these types. Fields are added,
// never changed in meaning.
//
// +kubebuilder:object:generate=true
// +groupName=gamesession.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of this package.
var GroupVersion = schema.GroupVersion{Group: "gamesession.dev", Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(func(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&GameSession{}, &GameSessionList{},
		&ShardPool{}, &ShardPoolList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
})

// AddToScheme makes the types of this package known to a scheme.
var AddToScheme = schemeBuilder.AddToScheme
