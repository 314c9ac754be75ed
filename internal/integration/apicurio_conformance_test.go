package integration

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "add what departs to testdata/apicurio.txt, and write testdata/golden.json anew")

var departure = regexp.MustCompile(`DEPARTS (step .*)\n$`)

// The table of request sequences that the embedded registry answers as Confluent's does is tried on Apicurio. Where it
// departs is in testdata/apicurio.txt, a request a line; README.md says what it comes to. concord's client lives with each.
func TestWhereApicurioDeparts(t *testing.T) {
	url := apicurioURL(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-timeout=2m", "-run", "Conformance", "../registryserver")
	cmd.Env = append(os.Environ(), "CONCORD_CONFORMANCE_URL="+url, "CONCORD_CONFORMANCE_GO_ON=1")
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Fatal(err)
	}
	var departs []string
	sequences := make(map[string]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var event struct{ Action, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue
		}
		_, name, sub := strings.Cut(event.Test, "/")
		if !sub {
			continue
		}
		sequences[name] = true
		if step := departure.FindStringSubmatch(event.Output); step != nil {
			departs = append(departs, name+": "+step[1])
		}
	}
	t.Logf("%d requests of %d sequences are answered otherwise", len(departs), len(sequences))
	text, err := os.ReadFile("testdata/apicurio.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Split(strings.TrimSpace(string(text)), "\n")
	if *update {
		all := slices.Compact(slices.Sorted(slices.Values(append(listed, departs...))))
		if err := os.WriteFile("testdata/apicurio.txt", []byte(strings.Join(all, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, name := range departs {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is answered otherwise, and not listed", name)
		}
	}
	// A few depend on ids that other sequences get meanwhile, or get no answer at all now and then.
	alike := 0
	for _, name := range listed {
		if !slices.Contains(departs, name) {
			alike++
		}
	}
	if alike > len(listed)/10 || len(sequences) < 60 {
		t.Errorf("%d of %d listed requests are answered alike: the list is no longer true", alike, len(listed))
	}
}
