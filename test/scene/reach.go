// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reach returns an address at which this machine reaches a Service: its own on
// the local cluster, a port that kubectl forwards on another. A forward ends
// with the pod it leads to.
func (s *Scene) reach(ctx context.Context, service, port string) (address string, closer io.Closer, err error) {
	if !s.opts.Local() {
		return s.forward(ctx, service, port)
	}
	var svc corev1.Service
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: service}, &svc); err != nil {
		return "", nil, fmt.Errorf("finding the Service %s: %w", service, err)
	}
	return svc.Spec.ClusterIP + ":" + port, nothing{}, nil
}

var forwarded = regexp.MustCompile(`^Forwarding from (127\.0\.0\.1:\d+) `)

func (s *Scene) forward(ctx context.Context, service, port string) (string, io.Closer, error) {
	cmd := s.kubectl.command(context.WithoutCancel(ctx), "-n", Namespace, "port-forward", "service/"+service, ":"+port)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("forwarding to %s: %w", service, err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("forwarding to %s: %w", service, err)
	}
	stop := child{cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := forwarded.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m[1], stop, nil
		}
	}
	return "", nil, errors.Join(fmt.Errorf("forwarding to %s: kubectl ended", service), stop.Close())
}

type child struct{ cmd *exec.Cmd }

func (c child) Close() error {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	return nil
}

type nothing struct{}

func (nothing) Close() error { return nil }
