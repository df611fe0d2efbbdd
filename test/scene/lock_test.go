// SPDX-License-Identifier: Apache-2.0

package scene

import "testing"

func TestOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); err == nil {
		t.Error("a second run got the stage")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lock(dir)
	if err != nil {
		t.Fatalf("after the first run ended: %v", err)
	}
	_ = again.Close()
}
