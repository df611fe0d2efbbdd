// SPDX-License-Identifier: Apache-2.0

package rest

import "time"

// Observer hears what the interface does, for metrics.
type Observer interface {
	// Answered: a request was answered with a code here.
	Answered(operation, code string, d time.Duration)
	// PassedOn: a request was passed on to a session's owner, perhaps again.
	PassedOn()
	// Limited: something was refused by a limit.
	Limited(by string)
}

// codeOK stands for an answer that is no error, codePassedOn for another shard's.
const (
	codeOK       = "ok"
	codePassedOn = "passed_on"
)
