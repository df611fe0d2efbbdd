// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"

	"gamesession.dev/operator/shard/plant"
)

//go:embed scripts/*.lua
var scriptFiles embed.FS

// script is one atomic step, run by its SHA-1 as Redis knows it.
type script struct {
	source string
	sha    string
}

func newScript(source string) script {
	sum := sha1.Sum([]byte(source))
	return script{source: source, sha: hex.EncodeToString(sum[:])}
}

// scripts are the steps of a session's owner. The steps of the operator are
// beside the functions that run them.
type scripts struct {
	append, create, takeover, retake, confirm, snapshot script
}

// committed are the scripts that go through the committer.
func (s *scripts) committed() []script {
	return []script{s.append, s.create, s.takeover, s.retake, s.confirm}
}

func embeddedScripts() scripts {
	load := func(name string) script { return newScript(plant.Script(name, embedded(name))) }
	return scripts{
		append:   load("append"),
		create:   load("create"),
		takeover: load("takeover"),
		retake:   load("retake"),
		confirm:  load("confirm"),
		snapshot: load("snapshot"),
	}
}

func embedded(name string) string {
	source, err := scriptFiles.ReadFile("scripts/" + name + ".lua")
	if err != nil {
		// The file is part of the binary: this is a mistake of the build.
		panic("journal: " + err.Error())
	}
	return string(source)
}
