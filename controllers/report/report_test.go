// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
)

func TestSetCutsBetweenCharacters(t *testing.T) {
	for name, text := range map[string]string{
		"short":       "kurz",
		"full":        strings.Repeat("x", maxMessage),
		"two bytes":   strings.Repeat("é", maxMessage),
		"three bytes": "x" + strings.Repeat("€", maxMessage),
		"four bytes":  "xy" + strings.Repeat("🎲", maxMessage),
	} {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			Set(&list, 7, Condition("Ready", metav1.ConditionFalse, "Why", "%s", text))
			got := list[0]
			if len(got.Message) > maxMessage || !utf8.ValidString(got.Message) {
				t.Errorf("a message of %d bytes, valid: %v", len(got.Message), utf8.ValidString(got.Message))
			}
			if got.ObservedGeneration != 7 {
				t.Errorf("observed at generation %d, want 7", got.ObservedGeneration)
			}
			if whole := len(text) <= maxMessage; whole != (got.Message == text) {
				t.Errorf("whole: %v, got %q", whole, got.Message)
			}
		})
	}
}

func TestEventsAreSentOnce(t *testing.T) {
	recorder := events.NewFakeRecorder(8)
	var e Events
	e.Warn("InvalidSecret", "Reconcile", "there is no Secret keys")
	e.Warn("InvalidSecret", "Reconcile", "there is no Secret keys")
	e.Normal("Created", "Create", strings.Repeat("€", maxNote))
	pod := &corev1.Pod{}
	e.Send(recorder, pod)
	e.Send(recorder, pod)
	close(recorder.Events)
	var got []string
	for text := range recorder.Events {
		got = append(got, text)
	}
	want := []string{
		"Warning InvalidSecret there is no Secret keys",
		"Normal Created " + strings.Repeat("€", (maxNote-3)/3) + "…",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Events (-want +got):\n%s", diff)
	}
}
