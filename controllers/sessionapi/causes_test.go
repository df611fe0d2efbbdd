// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCauses: a webhook may refuse without naming a field; the caller is told all the
// same.
func TestCauses(t *testing.T) {
	invalid := func(details *metav1.StatusDetails) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Message: "not like that", Details: details}}
	}
	named := &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: "spec.title", Message: "too long"}, {Field: "metadata.name", Message: "taken"}}}
	for name, tc := range map[string]struct {
		details *metav1.StatusDetails
		want    []string
	}{
		"fields":     {named, []string{"title: too long", "metadata.name: taken"}},
		"no field":   {&metav1.StatusDetails{}, []string{"not like that"}},
		"no details": {nil, []string{"not like that"}},
	} {
		if got := causes(invalid(tc.details)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
