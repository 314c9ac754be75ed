package avrogen

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

const (
	orderText    = `{"type":"record","name":"shop.Order","fields":[{"name":"by","type":"Customer"},{"name":"at","type":"geo.Place"}]}`
	customerText = `// who buys
		{"type":"record","name":"shop.Customer","fields":[{"name":"home","type":"geo.Place"},{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A"]}}]}`
	placeText = `{"type":"fixed","name":"geo.Place","size":8}`
)

func TestSourcesMayStandInAnyOrder(t *testing.T) {
	t.Parallel()
	sources := []Source{{"order", orderText}, {"customer", customerText}, {"place", placeText}}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		var given []Source
		for _, i := range order {
			given = append(given, sources[i])
		}
		all, err := load(given)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range all {
			var names []string
			for _, d := range f.defines {
				names = append(names, d.Name().String())
			}
			want := map[string]string{"order": "shop.Order", "customer": "shop.Customer shop.Kind", "place": "geo.Place"}[f.Name]
			if f.Name != given[i].Name || strings.Join(names, " ") != want {
				t.Errorf("%v: %s defines %q", order, f.Name, names)
			}
		}
	}
}

func TestATypeOutsideOfAllNamespacesIsFound(t *testing.T) {
	t.Parallel()
	all, err := load([]Source{{"a", `{"type":"record","name":"n.A","fields":[{"name":"b","type":"B"}]}`}, {"b", `{"type":"record","name":"B","fields":[]}`}})
	if err != nil || all[0].schema.Fields()[0].Type().Name().String() != "B" {
		t.Error(err)
	}
}

func TestADiamondIsNoCycle(t *testing.T) {
	t.Parallel()
	_, err := load([]Source{
		{"a", `{"type":"record","name":"A","fields":[{"name":"b","type":"B"},{"name":"c","type":"C"}]}`},
		{"b", `{"type":"record","name":"B","fields":[{"name":"d","type":"D"}]}`},
		{"c", `{"type":"record","name":"C","fields":[{"name":"d","type":["null","D"]},{"name":"e","type":{"type":"array","items":"D"}}]}`},
		{"d", `{"type":"enum","name":"D","symbols":["X"]}`},
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatDoesNotLoadIsSaidWithItsFile(t *testing.T) {
	t.Parallel()
	record := func(name, typ string) string {
		return `{"type":"record","name":"` + name + `","fields":[{"name":"f","type":` + typ + `}]}`
	}
	for name, c := range map[string]struct {
		sources []Source
		want    string
		schema  bool
	}{
		"no JSON":         {[]Source{{"a.avsc", `syntax = "proto3";`}}, "a.avsc: avro: invalid schema", true},
		"no schema":       {[]Source{{"a.avsc", `{"type":"record"}`}}, "a.avsc: avro: invalid schema", true},
		"unknown":         {[]Source{{"a.avsc", record("n.A", `"B"`)}}, "a.avsc: it needs the type n.B, which none of the schemas given defines", false},
		"no name":         {[]Source{{"a.avsc", record("A", `"x\ny"`)}}, "a.avsc: avro: invalid schema", true},
		"default":         {[]Source{{"a.avsc", `{"type":"record","name":"A","fields":[{"name":"f","type":"int","default":"x"}]}`}}, "a.avsc: avro: invalid schema: at /fields/0/default", true},
		"cycle":           {[]Source{{"a", record("A", `"B"`)}, {"b", record("B", `"C"`)}, {"c", record("C", `["null","B"]`)}}, "need each other's types: b -> c -> b", false},
		"two definitions": {[]Source{{"a", record("A", `"int"`)}, {"b", record("A", `"long"`)}}, "b: A: defined differently in a", false},
		"within another":  {[]Source{{"a", record("A", `{"type":"fixed","name":"F","size":1}`)}, {"b", record("B", `{"type":"fixed","name":"F","size":2}`)}}, "b: F: defined differently in a", false},
		"too many":        {[]Source{{"a", record("A", "["+manyNames(maxNeeds+1)+"]")}}, "a: avro: invalid schema", true},
	} {
		_, err := load(c.sources)
		if fault, ok := errors.AsType[*Error](err); !ok || !strings.Contains(fault.Error(), c.want) || errors.Is(err, serde.InvalidSchema) != c.schema {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyNames(n int) string {
	var names []string
	for i := range n {
		names = append(names, `"N`+strconv.Itoa(i)+`"`)
	}
	return strings.Join(names, ",")
}

func TestADefinitionGivenTwiceIsOfTheFirst(t *testing.T) {
	t.Parallel()
	const shared = `{"type":"enum","name":"Kind","symbols":["A","B"]}`
	all, err := load([]Source{
		{"a", `{"type":"record","name":"A","fields":[{"name":"k","type":` + shared + `},{"name":"b","type":"B"}]}`},
		{"b", `{"type":"record","name":"B","fields":[{"name":"k","type":` + shared + `}]}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if !slices.ContainsFunc(f.defines, func(s *avro.Schema) bool { return s.Name().Local == "Kind" }) {
			t.Errorf("%s defines Kind, too", f.Name)
		}
	}
}
