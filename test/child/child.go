// SPDX-License-Identifier: Apache-2.0

// Package child starts the processes that tests are about so that none of them
// outlives the test.
package child

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts cmd so that the kernel kills it when this process dies, and waits
// for it in the background. exited is closed when it has ended; how it ended is
// in cmd.ProcessState. The kill is bound to the thread that started the process,
// which is therefore kept until the end.
func Start(cmd *exec.Cmd) (exited chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	exited = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return exited, <-started
}
