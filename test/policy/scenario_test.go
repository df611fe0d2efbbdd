// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/rules"
)

// jsonFields lists the paths of a type's JSON form, with the kind of value at
// each end.
func jsonFields(typ reflect.Type, path string) []string {
	switch typ.Kind() {
	case reflect.Struct:
		var list []string
		for i := range typ.NumField() {
			if strings.HasPrefix(typ.Field(i).Tag.Get("json"), "content,") {
				continue // a scenario brings content of its own in a ConfigMap only
			}
			list = append(list, jsonFields(typ.Field(i).Type, path+"."+typ.Field(i).Tag.Get("json"))...)
		}
		return list
	case reflect.Slice, reflect.Array:
		return jsonFields(typ.Elem(), path+"[]")
	case reflect.Int, reflect.Int32, reflect.Int64:
		return []string{path + " integer"}
	default:
		return []string{path + " " + typ.Kind().String()}
	}
}

// What users write in a GameSession is what the rules read: the API has types
// of its own with the same JSON form.
func TestScenarioOfTheAPIIsThatOfTheRules(t *testing.T) {
	api := jsonFields(reflect.TypeFor[v1alpha1.Scenario](), "scenario")
	own := jsonFields(reflect.TypeFor[rules.Scenario](), "scenario")
	slices.Sort(api)
	slices.Sort(own)
	if diff := cmp.Diff(own, api); diff != "" {
		t.Errorf("fields (-rules +api):\n%s", strings.TrimSpace(diff))
	}
}
