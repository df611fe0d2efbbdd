// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reach returns an address at which this machine reaches a Service: its own on
// the local cluster, a port that kubectl forwards on another.
func (s *Scene) reach(ctx context.Context, service, port string) (address string, closer io.Closer, err error) {
	if !s.opts.Local() {
		return s.forward(ctx, service, port)
	}
	var svc corev1.Service
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: service}, &svc); err != nil {
		return "", nil, fmt.Errorf("finding the Service %s: %w", service, err)
	}
	return svc.Spec.ClusterIP + ":" + port, closing(func() {}), nil
}

var forwarded = regexp.MustCompile(`^Forwarding from 127\.0\.0\.1:(\d+) `)

// forwardAgain is the wait before a forward that ended is opened again.
const forwardAgain = 100 * time.Millisecond

// forward opens a port of this machine to a Service. kubectl leads to one pod of
// it and ends with that pod; then the same port is opened to another.
func (s *Scene) forward(ctx context.Context, service, port string) (string, io.Closer, error) {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	local, done, err := s.forwardOnce(life, service, ":"+port)
	if err != nil {
		stop()
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			<-done
			select {
			case <-life.Done():
				return
			case <-time.After(forwardAgain):
			}
			// What goes wrong here is seen by whoever uses the port.
			if _, again, err := s.forwardOnce(life, service, local+":"+port); err == nil {
				done = again
			}
		}
	}()
	return "127.0.0.1:" + local, closing(func() { stop(); <-ended }), nil
}

// forwardOnce runs kubectl port-forward, returns the local port once it is open,
// and a channel that is closed when kubectl has ended.
func (s *Scene) forwardOnce(ctx context.Context, service, ports string) (local string, done <-chan struct{}, err error) {
	cmd := s.kubectl.command(ctx, "-n", Namespace, "port-forward", "service/"+service, ports)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("forwarding to %s: %w", service, err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("forwarding to %s: %w", service, err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := forwarded.FindStringSubmatch(lines.Text()); m != nil {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = io.Copy(io.Discard, out)
				_ = cmd.Wait() // it ends with its pod, or killed
			}()
			return m[1], ended, nil
		}
	}
	return "", nil, errors.Join(fmt.Errorf("forwarding to %s: kubectl ended", service), cmd.Wait())
}

// closing is an io.Closer that cannot fail.
type closing func()

func (c closing) Close() error {
	c()
	return nil
}
