// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

func load(t *testing.T) *content.Bundle {
	t.Helper()
	b, err := Load(V1)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLoad(t *testing.T) {
	b := load(t)
	var monsters, characters, spells []string
	for _, c := range b.Creatures {
		if c.Level == 0 {
			monsters = append(monsters, c.ID)
		} else {
			characters = append(characters, c.ID)
		}
	}
	for _, s := range b.Spells {
		spells = append(spells, s.ID)
	}
	wantMonsters := strings.Fields(`commoner guard bandit bandit-captain goblin-warrior goblin-boss wolf skeleton zombie
		giant-spider ghoul shadow wraith ogre owlbear troll gelatinous-cube ochre-jelly mimic swarm-of-rats fire-elemental
		stone-golem medusa werewolf mage priest knight hill-giant young-red-dragon adult-red-dragon ancient-red-dragon
		lich owl assassin`)
	wantSpells := strings.Fields(`fire-bolt sacred-flame magic-missile shield burning-hands thunderwave sleep bless bane
		cure-wounds healing-word guiding-bolt faerie-fire hold-person web misty-step invisibility spiritual-weapon fireball
		lightning-bolt counterspell dispel-magic haste slow spirit-guardians revivify wall-of-fire banishment cone-of-cold
		power-word-kill ray-of-frost command blur scorching-ray fear chain-lightning finger-of-death
		death-ward flame-strike silence`)
	for what, pair := range map[string][2][]string{
		"monsters":   {monsters, wantMonsters},
		"characters": {characters, {"fighter", "rogue", "cleric", "wizard"}},
		"spells":     {spells, wantSpells},
	} {
		got, want := pair[0], pair[1]
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v\nwant %v", what, got, want)
		}
	}
	if len(b.Weapons) != 38 || len(b.Armor) != 13 {
		t.Errorf("%d weapons and %d armors; the tables of the SRD have 38 and 13", len(b.Weapons), len(b.Armor))
	}
	if b.Version != V1 {
		t.Errorf("version %q", b.Version)
	}
	if _, err := Load("srd-5.2.1/0"); err == nil || !strings.Contains(err.Error(), `there is no version "srd-5.2.1/0"`) {
		t.Errorf("an unknown version: %v", err)
	}
}

// A spell at chosen creatures, without an attack roll, asks for sight of them, but
// for those whose text does not.
func TestWhichSpellsAskForSight(t *testing.T) {
	var blind []string
	for _, s := range load(t).Spells {
		chosen := s.Target.Kind == content.TargetCreature || s.Target.Kind == content.TargetCreatures
		if chosen && s.Attack == nil && !s.Target.Sight {
			blind = append(blind, s.ID)
		}
	}
	slices.Sort(blind)
	// Touches, "within range", and a reaction to who is seen.
	if want := strings.Fields("bless counterspell cure-wounds death-ward dispel-magic invisibility revivify"); !slices.Equal(blind, want) {
		t.Errorf("no sight for %v, want %v", blind, want)
	}
}

// Callers may change what they loaded.
func TestLoadGivesACopy(t *testing.T) {
	one := load(t)
	one.Creatures[0].AC = 40
	one.Creatures[0].Actions[0].Damage[0].Dice = "9d9"
	if two := load(t); two.Creatures[0].AC == 40 || two.Creatures[0].Actions[0].Damage[0].Dice == "9d9" {
		t.Error("a change reaches the next caller")
	}
}

// Every file is part of a version or says something about one.
func TestNoStrayFiles(t *testing.T) {
	var used []string
	for _, names := range sources {
		used = append(used, names...)
	}
	err := fs.WalkDir(files, "data", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains(used, path) && !strings.HasSuffix(path, "README.md") && path != schemaFile {
			t.Errorf("%s belongs to no version", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The SRD asks for this sentence, and for no other credit.
func TestNotice(t *testing.T) {
	const sentence = "This work includes material from the System Reference Document 5.2.1 (“SRD 5.2.1”) by Wizards of the Coast LLC, " +
		"available at https://www.dndbeyond.com/srd. The SRD 5.2.1 is licensed under the Creative Commons Attribution 4.0 " +
		"International License, available at https://creativecommons.org/licenses/by/4.0/legalcode."
	if !strings.Contains(Notice, sentence) {
		t.Error("NOTICE lacks the attribution of SRD 5.2.1, word for word")
	}
	if strings.Count(Notice, "Wizards") != 1 {
		t.Error("NOTICE has another credit")
	}
	if !strings.Contains(Notice, "was changed") {
		t.Error("NOTICE does not say that the material was changed")
	}
	// Each file says the same of itself: it may be passed on alone.
	for _, name := range sources[V1] {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var part content.Bundle
		if err := add(&part, raw); err != nil {
			t.Fatal(err)
		}
		meta := part.Meta
		if meta == nil || meta.License != "CC-BY-4.0" || meta.Attribution != sentence || meta.Changes == "" || !strings.Contains(Notice, meta.Changes) {
			t.Errorf("%s has the meta %+v, which is not what NOTICE says", name, meta)
		}
	}
	if b := load(t); b.Meta == nil || b.Meta.Attribution != sentence {
		t.Errorf("the bundle has the meta %+v", b.Meta)
	}
}

func TestAddIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown field":  `{"creatures": [{"id": "rat", "hitpoints": 3}]}`,
		"something behind":  `{} {}`,
		"not the type":      `{"spells": {}}`,
		"no document":       ``,
		"an unclosed array": `{"spells": [`,
	} {
		if err := add(&content.Bundle{}, []byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestDataReadsBack(t *testing.T) {
	raw, err := json.Marshal(load(t))
	if err != nil {
		t.Fatal(err)
	}
	var again content.Bundle
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(&again)
	if err != nil || string(second) != string(raw) {
		t.Errorf("the bundle changes when it is written and read (%v)", err)
	}
}

func TestSharedIsLoadedOnce(t *testing.T) {
	first, err := Shared(V1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Shared(V1)
	if err != nil || again != first {
		t.Errorf("another library came the second time: %v", err)
	}
	if _, err := Shared("none"); err == nil {
		t.Error("a version that there is not is shared")
	}
}
