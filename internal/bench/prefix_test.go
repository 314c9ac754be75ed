package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

// Whoever stops early is not compared with those who look: hand-written code and concord
// refuse every strict prefix of every payload in every way of reading.
func TestPrefixesAreRefused(t *testing.T) {
	t.Parallel()
	for _, r := range records() {
		t.Run(r.Name(), func(t *testing.T) {
			t.Parallel()
			payload := r.shortPayload()
			for _, c := range r.codecs() {
				if !strings.HasPrefix(c.name, "handwritten") && !strings.HasPrefix(c.name, "concord") {
					continue
				}
				for how, decode := range c.readings() {
					for n := range payload {
						if _, err := decode(slices.Clip(payload[:n])); err == nil {
							t.Errorf("%s, %s: takes the first %d of %d bytes for a whole value", c.name, how, n, len(payload))
							break
						}
					}
				}
			}
		})
	}
}

// readings are the ways to read that a codec has, by name.
func (c *codec) readings() map[string]func([]byte) (any, error) {
	all := map[string]func([]byte) (any, error){
		"decode": c.decode, "in place": c.inPlace, "reuse": c.reuse, "resolve": c.resolve, "resolve, reuse": c.resolveReuse, "dynamic": c.dynamic,
	}
	for how, decode := range all {
		if decode == nil {
			delete(all, how)
		}
	}
	return all
}

// Which peers take a prefix for a whole value is said in the README.
func TestPeersThatTakePrefixes(t *testing.T) {
	t.Parallel()
	payload := eventRecord().payload()
	taken := make(map[string]int)
	for _, c := range eventRecord().codecs() {
		decode := c.decode
		if decode == nil {
			decode = c.dynamic
		}
		for n := range payload {
			if _, err := decode(slices.Clip(payload[:n])); err == nil {
				taken[c.name]++
			}
		}
	}
	if len(taken) != 1 || taken["hamba"] == 0 {
		t.Errorf("prefixes of %d bytes taken for whole values: %v; the README says that hamba alone takes some", len(payload), taken)
	}
	t.Log(taken)
}

// So is it with strings that are no UTF-8.
func TestStringsThatAreNotText(t *testing.T) {
	t.Parallel()
	payload := eventRecord().payload()
	payload[1] = 0xff // the first byte of the id
	var took []string
	for _, c := range eventRecord().codecs() {
		for how, decode := range c.readings() {
			if _, err := decode(payload); err == nil && !strings.HasSuffix(how, "reuse") {
				took = append(took, c.name+", "+how)
			}
		}
	}
	slices.Sort(took)
	want := []string{"goavro, dynamic", "hamba, decode", "hamba, dynamic", "hamba, resolve", "twmb, decode", "twmb, dynamic", "twmb, in place", "twmb, resolve"}
	if d := cmp.Diff(want, took); d != "" {
		t.Errorf("who takes them (-the README +now):\n%s", d)
	}
}

// Writing such strings is refused by the hand-written code wherever concord refuses it.
func TestStringsThatAreNotTextAreNotWritten(t *testing.T) {
	t.Parallel()
	const bad = "a\xff"
	encoder := must(avro.NewEncoder[userEvent](avro.MustParse(eventSchema)))
	for name, spoil := range map[string]func(*userEvent){
		"id":                func(e *userEvent) { e.ID = bad },
		"nullable":          func(e *userEvent) { e.Referrer = new(bad) },
		"in a record":       func(e *userEvent) { e.Device.Model = bad },
		"in an array":       func(e *userEvent) { e.Tags[1] = bad },
		"a map's key":       func(e *userEvent) { e.Attributes[bad] = "x" },
		"a map's value":     func(e *userEvent) { e.Attributes["x"] = bad },
		"in records' array": func(e *userEvent) { e.Items[1].SKU = bad },
	} {
		e := sampleEvent()
		spoil(&e)
		if _, err := appendEvent(nil, &e); err == nil {
			t.Errorf("%s: hand-written code writes it", name)
		}
		if _, err := encoder.AppendEncode(nil, e); err == nil {
			t.Errorf("%s: concord writes it", name)
		}
	}
}
