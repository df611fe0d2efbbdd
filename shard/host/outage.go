// SPDX-License-Identifier: Apache-2.0

package host

import "log/slog"

// outage logs when something begins to fail and when it works again. What is
// tried twice a second would bury everything else in the log while Redis is away.
// It is not safe for concurrent use.
type outage struct {
	what    string
	failing bool
}

func (o *outage) note(logger *slog.Logger, err error) {
	switch {
	case err != nil && !o.failing:
		logger.Warn(o.what, "error", err)
	case err == nil && o.failing:
		logger.Info(o.what + " works again")
	}
	o.failing = err != nil
}
