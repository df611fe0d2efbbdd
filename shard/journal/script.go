// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
)

//go:embed scripts/*.lua
var scriptFiles embed.FS

// script is one atomic step, run by its SHA-1 as Redis knows it.
type script struct {
	name   string
	source string
	sha    string
}

func newScript(name, source string) script {
	sum := sha1.Sum([]byte(source))
	return script{name: name, source: source, sha: hex.EncodeToString(sum[:])}
}

// scripts are all atomic steps.
type scripts struct {
	append, create, takeover, retake, snapshot, assign, forget script
}

func (s *scripts) all() []script {
	return []script{s.append, s.create, s.takeover, s.retake, s.snapshot, s.assign, s.forget}
}

func embeddedScripts() scripts {
	load := func(name string) script {
		source, err := scriptFiles.ReadFile("scripts/" + name + ".lua")
		if err != nil {
			// The file is part of the binary: this is a mistake of the build.
			panic("journal: " + err.Error())
		}
		return newScript(name, string(source))
	}
	return scripts{
		append:   load("append"),
		create:   load("create"),
		takeover: load("takeover"),
		retake:   load("retake"),
		snapshot: load("snapshot"),
		assign:   load("assign"),
		forget:   load("forget"),
	}
}
