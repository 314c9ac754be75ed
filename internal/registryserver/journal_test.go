package registryserver_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
)

// fill does a little of everything.
func fill(t *testing.T, e http.Handler) {
	t.Helper()
	for _, r := range [][3]string{
		{"POST", "/subjects/a/versions", `{"schema":"\"int\"","metadata":{"properties":{"k":"v"}}}`},
		{"POST", "/subjects/b/versions", `{"schema":"{\"type\":\"record\",\"name\":\"I\",\"fields\":[]}"}`},
		{"POST", "/subjects/c/versions", `{"schema":"{\"type\":\"array\",\"items\":\"I\"}","references":[{"name":"I","subject":"b","version":1}]}`},
		{"POST", "/subjects/gone/versions", `{"schema":"\"bytes\""}`},
		{"POST", "/subjects/soft/versions", `{"schema":"\"long\""}`},
		{"DELETE", "/subjects/gone", ""},
		{"DELETE", "/subjects/gone?permanent=true", ""},
		{"DELETE", "/subjects/soft", ""},
		{"PUT", "/config/a", `{"compatibility":"FULL","compatibilityGroup":"k"}`},
		{"PUT", "/config/b", `{"alias":"a"}`},
		{"DELETE", "/config/b", ""},
		{"PUT", "/mode/x", `{"mode":"READONLY"}`},
		{"POST", "/subjects/:.ctx:a/versions", `{"schema":"\"int\""}`},
		{"POST", "/subjects/:.empty:a/versions", `{"schema":"\"int\""}`},
		{"DELETE", "/subjects/:.empty:a", ""},
		{"DELETE", "/subjects/:.empty:a?permanent=true", ""},
	} {
		if status, body := do(e, r[0], r[1], r[2]); status != 200 {
			t.Fatalf("%s %s: %d %s", r[0], r[1], status, body)
		}
	}
}

// look is all that a registry shows.
func look(e http.Handler) string {
	var b strings.Builder
	for _, path := range []string{
		"/subjects?deleted=true", "/schemas?subjectPrefix=:*:&deleted=true", "/contexts", "/config/a", "/config/b", "/config", "/mode/x",
		"/schemas/ids/1", "/schemas/ids/2/versions", "/schemas/ids/1?fetchMaxId=true", "/subjects/b/versions/1/referencedby",
		"/schemas/guids/ef524ea1-b91e-7317-3d93-8ade36c1db32/ids", "/schemas/ids/1?subject=:.ctx:",
	} {
		status, body := do(e, "GET", path, "")
		fmt.Fprintf(&b, "%s %d %s\n", path, status, body)
	}
	return b.String()
}

func TestADirectoryKeepsEverything(t *testing.T) {
	t.Parallel()
	opts := registryserver.Options{Dir: filepath.Join(t.TempDir(), "made", "on the way")}
	e := open(t, opts)
	fill(t, e)
	want := look(e)
	for round := range 3 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			opts = registryserver.WithCompactAt(opts, 1) // opening compacts
		}
		e = open(t, opts)
		if got := look(e); got != want {
			t.Errorf("round %d: got\n%s\nwant\n%s", round, got, want)
		}
	}
	// An id that was given is not given again: that of the schema deleted for good is 4.
	if _, body := do(e, "POST", "/subjects/new/versions", `{"schema":"\"double\""}`); !strings.HasPrefix(body, `{"id":6,"version":1,`) {
		t.Errorf("a new schema: %s", body)
	}
	if _, body := do(e, "POST", "/subjects/:.empty:b/versions", `{"schema":"\"double\""}`); !strings.HasPrefix(body, `{"id":2,"version":1,`) {
		t.Errorf("a new schema in a context that was emptied: %s", body)
	}
}

func TestASecondOpenerIsRefused(t *testing.T) {
	t.Parallel()
	opts := registryserver.Options{Dir: t.TempDir()}
	e := open(t, opts)
	_, err := registryserver.Open(opts)
	if err == nil || !strings.Contains(err.Error(), opts.Dir) || !strings.Contains(err.Error(), "another registry") {
		t.Errorf("a second registry on the directory: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	again, err := registryserver.Open(opts)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	again.Close()
}

func TestAClosedRegistryChangesNothing(t *testing.T) {
	t.Parallel()
	opts := registryserver.Options{Dir: t.TempDir()}
	e := open(t, opts)
	e.Close()
	if status, body := do(e, "POST", "/subjects/a/versions", `{"schema":"\"int\""}`); status != 500 || !strings.Contains(body, "50001") {
		t.Errorf("registering: %d %s", status, body)
	}
	if _, body := do(open(t, opts), "GET", "/subjects", ""); body != "[]" {
		t.Errorf("on disk: %s", body)
	}
}

// journalOf fills a directory and returns its journal, and how it looked before its
// last change and after it.
func journalOf(t *testing.T) (journal []byte, before, after string, last int) {
	t.Helper()
	opts := registryserver.Options{Dir: t.TempDir()}
	e := open(t, opts)
	fill(t, e)
	before = look(e)
	info, err := os.Stat(filepath.Join(opts.Dir, "registry.journal"))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := do(e, "POST", "/subjects/last/versions", `{"schema":"\"float\""}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	after = look(e)
	e.Close()
	journal, err = os.ReadFile(filepath.Join(opts.Dir, "registry.journal"))
	if err != nil {
		t.Fatal(err)
	}
	return journal, before, after, int(info.Size())
}

func openJournal(t *testing.T, journal []byte) (*registryserver.Engine, string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "registry.journal"), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := registryserver.Open(registryserver.Options{Dir: dir})
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, dir, err
}

func TestATornTailIsCutOffAtEveryByte(t *testing.T) {
	t.Parallel()
	journal, before, after, last := journalOf(t)
	for size := last; size < len(journal); size++ {
		e, dir, err := openJournal(t, journal[:size])
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", size, len(journal), err)
		}
		if got := look(e); got != before {
			t.Fatalf("cut at %d of %d: got\n%s\nwant\n%s", size, len(journal), got, before)
		}
		// What is registered then is kept: the rest of the frame does not stand before it.
		if status, body := do(e, "POST", "/subjects/last/versions", `{"schema":"\"float\""}`); status != 200 {
			t.Fatalf("cut at %d: %d %s", size, status, body)
		}
		e.Close()
		again, err := registryserver.Open(registryserver.Options{Dir: dir})
		if err != nil {
			t.Fatalf("cut at %d, reopened: %v", size, err)
		}
		if _, body := do(again, "GET", "/subjects/last/versions", ""); body != "[1]" {
			t.Fatalf("cut at %d, reopened: %s", size, body)
		}
		again.Close()
	}
	if e, _, err := openJournal(t, journal); err != nil || look(e) != after {
		t.Errorf("the whole journal: %v", err)
	}
}

func TestATornBeginningIsAnEmptyRegistry(t *testing.T) {
	t.Parallel()
	journal, _, _, _ := journalOf(t)
	line := strings.IndexByte(string(journal), '\n') + 1
	for size := range line {
		e, _, err := openJournal(t, journal[:size])
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if _, body := do(e, "GET", "/subjects?deleted=true", ""); body != "[]" {
			t.Errorf("%d bytes: %s", size, body)
		}
	}
}

func TestAFrameThatWasNotWrittenOutIsCutOff(t *testing.T) {
	t.Parallel()
	journal, before, _, last := journalOf(t)
	zeros := append([]byte(nil), journal...)
	clear(zeros[last:])
	half := append([]byte(nil), journal...)
	clear(half[last+20:])
	for name, j := range map[string][]byte{"all zeros": zeros, "zeros after the header": half} {
		e, _, err := openJournal(t, j)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := look(e); got != before {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, before)
		}
	}
}

func TestDamageIsAnErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	journal, _, _, last := journalOf(t)
	for at := range last {
		bad := append([]byte(nil), journal...)
		bad[at] ^= 0x20
		_, dir, err := openJournal(t, bad)
		if err == nil {
			t.Fatalf("byte %d of %d changed: no error", at, len(journal))
		}
		if !strings.Contains(err.Error(), "damaged at byte") || !strings.Contains(err.Error(), dir) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		// It is left as it is, for whoever restores it.
		if now, rerr := os.ReadFile(filepath.Join(dir, "registry.journal")); rerr != nil || string(now) != string(bad) {
			t.Fatalf("byte %d changed: the journal was touched: %v", at, rerr)
		}
	}
	if _, _, err := openJournal(t, []byte("a note that lies in the wrong place\n")); err == nil {
		t.Error("a file that is no journal was taken")
	}
}

func TestADirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := registryserver.Open(registryserver.Options{Dir: file}); err == nil {
		t.Error("a file was taken for a directory")
	} else if !errors.As(err, new(*os.PathError)) {
		t.Errorf("the error does not name the path: %v", err)
	}
}

func TestCompactionKeepsTheJournalShort(t *testing.T) {
	t.Parallel()
	opts := registryserver.WithCompactAt(registryserver.Options{Dir: t.TempDir()}, 4<<10)
	e := open(t, opts)
	fill(t, e)
	want := look(e)
	for i := range 300 {
		subject := fmt.Sprintf("/subjects/churn-%d", i%3)
		for _, r := range [][3]string{
			{"POST", subject + "/versions", fmt.Sprintf(`{"schema":"{\"type\":\"enum\",\"name\":\"E%d\",\"symbols\":[\"A\"]}"}`, i)},
			{"DELETE", subject, ""},
			{"DELETE", subject + "?permanent=true", ""},
		} {
			if status, body := do(e, r[0], r[1], r[2]); status != 200 {
				t.Fatalf("%s %s: %d %s", r[0], r[1], status, body)
			}
		}
	}
	info, err := os.Stat(filepath.Join(opts.Dir, "registry.journal"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 16<<10 {
		t.Errorf("the journal has %d bytes", info.Size())
	}
	want = strings.ReplaceAll(want, `"maxId":5`, `"maxId":305`)
	if got := look(e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	e.Close()
	if got := look(open(t, opts)); got != want {
		t.Errorf("reopened: got\n%s\nwant\n%s", got, want)
	}
}
