// SPDX-License-Identifier: Apache-2.0

// Package report is how reconcilers say something of an object: conditions and
// Events that the API server takes, however long a text has become.
package report

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

const (
	maxMessage = 1024 // bytes of a condition's message
	maxNote    = 1000 // bytes of an Event's text; the API server refuses above 1024
)

// Condition makes one.
func Condition(kind string, status metav1.ConditionStatus, reason, format string, args ...any) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Set puts conditions among those of an object, as observed at a generation.
func Set(list *[]metav1.Condition, generation int64, conditions ...metav1.Condition) {
	for _, c := range conditions {
		c.ObservedGeneration = generation
		c.Message = cut(c.Message, maxMessage)
		meta.SetStatusCondition(list, c)
	}
}

// Events are gathered in a pass and sent when what they speak of was written.
// The same one is sent once.
type Events struct {
	list   []event
	counts []func()
}

type event struct{ kind, reason, action, text string }

// Normal adds an Event.
func (e *Events) Normal(reason, action, text string) {
	e.add(event{corev1.EventTypeNormal, reason, action, text})
}

// Warn adds an Event of type Warning.
func (e *Events) Warn(reason, action, text string) {
	e.add(event{corev1.EventTypeWarning, reason, action, text})
}

func (e *Events) add(one event) {
	if !slices.Contains(e.list, one) {
		e.list = append(e.list, one)
	}
}

// Count adds what is counted when the Events are sent: a pass whose write is
// refused is made again, and counts once all the same.
func (e *Events) Count(count func()) { e.counts = append(e.counts, count) }

// Send sends what was gathered, counts, and forgets it.
func (e *Events) Send(recorder events.EventRecorder, about runtime.Object) {
	for _, one := range e.list {
		recorder.Eventf(about, nil, one.kind, one.reason, one.action, "%s", cut(one.text, maxNote))
	}
	for _, count := range e.counts {
		count()
	}
	e.list, e.counts = nil, nil
}

// cut shortens a text to at most that many bytes. It leaves no half of a
// character: the API server would store another text, and each pass would find
// a difference to write.
func cut(text string, most int) string {
	const more = "…"
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(more)], "") + more
}
