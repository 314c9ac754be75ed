package registryserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
	"github.com/concord-go/concord/registry"
)

// slowChecker tells when it parses or compares a schema that is "long", and goes on
// when it may.
type slowChecker struct {
	registryserver.Checker
	parsing, comparing chan struct{} // nil: that is not slow
	goOn               chan struct{}
}

func (s *slowChecker) Parse(text string, opts registryserver.ParseOptions) (registryserver.Parsed, error) {
	if s.parsing != nil && text == `"long"` {
		s.parsing <- struct{}{}
		<-s.goOn
	}
	return s.Checker.Parse(text, opts)
}

func (s *slowChecker) Check(writer, reader registryserver.Parsed) ([]registryserver.Difference, error) {
	if s.comparing != nil && reader.Text() == `"long"` {
		s.comparing <- struct{}{}
		<-s.goOn
	}
	return s.Checker.Check(writer, reader)
}

func mustDo(t *testing.T, e *registryserver.Engine, method, path, body string) string {
	t.Helper()
	status, answer := do(e, method, path, body)
	if status != 200 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return answer
}

func TestSlowSchemasHoldUpNobody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, want string }{
		{"parsing to register", "/subjects/s/versions", `"version":2`},
		{"comparing to register", "/subjects/s/versions", `"version":2`},
		{"parsing to look up", "/subjects/s", "40403"},
		{"parsing to test", "/compatibility/subjects/s/versions", `{"is_compatible":true}`},
		{"comparing to test", "/compatibility/subjects/s/versions", `{"is_compatible":true}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, registryserver.Options{})
			slow := &slowChecker{Checker: registryserver.CheckerOf(e, registry.Avro), goOn: make(chan struct{})}
			reached := make(chan struct{})
			if strings.HasPrefix(tt.name, "parsing") {
				slow.parsing = reached
			} else {
				slow.comparing = reached
			}
			registryserver.SetChecker(e, registry.Avro, slow)
			mustDo(t, e, "POST", "/subjects/s/versions", `{"schema":"\"int\""}`)
			answer := make(chan string, 1)
			go func() {
				_, a := do(e, "POST", tt.path, `{"schema":"\"long\""}`)
				answer <- a
			}()
			<-reached
			// All of these would wait for ever if the lock were held.
			mustDo(t, e, "GET", "/schemas/ids/1", "")
			mustDo(t, e, "POST", "/subjects/s", `{"schema":"\"int\""}`)
			mustDo(t, e, "POST", "/subjects/other/versions", `{"schema":"\"int\""}`)
			mustDo(t, e, "PUT", "/config/other", `{"compatibility":"NONE"}`)
			for {
				select {
				case slow.goOn <- struct{}{}:
					continue
				case <-reached: // parsed once more, where new schemas are parsed otherwise
					continue
				case a := <-answer:
					if !strings.Contains(a, tt.want) {
						t.Errorf("got %s, want %s in it", a, tt.want)
					}
				}
				break
			}
		})
	}
}

func TestWhatChangedDuringTheComparisonCounts(t *testing.T) {
	t.Parallel()
	text := func(s string) string { return fmt.Sprintf(`{"schema":%q}`, s) }
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, e *registryserver.Engine)
		want   string
	}{
		{"a version that does not go with it", func(t *testing.T, e *registryserver.Engine) {
			mustDo(t, e, "PUT", "/config/s", `{"compatibility":"NONE"}`)
			mustDo(t, e, "POST", "/subjects/s/versions", text(`"string"`))
			mustDo(t, e, "PUT", "/config/s", `{"compatibility":"BACKWARD"}`)
		}, "40901"},
		{"another level", func(t *testing.T, e *registryserver.Engine) {
			mustDo(t, e, "PUT", "/config", `{"compatibility":"FORWARD"}`)
		}, "40901"},
		{"another mode", func(t *testing.T, e *registryserver.Engine) {
			mustDo(t, e, "PUT", "/mode/s", `{"mode":"READONLY"}`)
		}, "42205"},
		{"nothing is left to compare with", func(t *testing.T, e *registryserver.Engine) {
			mustDo(t, e, "DELETE", "/subjects/s", "")
		}, `"version":2`},
		{"all is gone", func(t *testing.T, e *registryserver.Engine) {
			mustDo(t, e, "DELETE", "/subjects/s", "")
			mustDo(t, e, "DELETE", "/subjects/s?permanent=true", "")
		}, `"version":1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, registryserver.Options{})
			slow := &slowChecker{Checker: registryserver.CheckerOf(e, registry.Avro), comparing: make(chan struct{}), goOn: make(chan struct{})}
			registryserver.SetChecker(e, registry.Avro, slow)
			mustDo(t, e, "POST", "/subjects/s/versions", text(`"int"`))
			answer := make(chan string, 1)
			go func() {
				_, a := do(e, "POST", "/subjects/s/versions", text(`"long"`))
				answer <- a
			}()
			<-slow.comparing
			tt.change(t, e)
			for {
				select {
				case slow.goOn <- struct{}{}:
					continue
				case <-slow.comparing:
					continue
				case a := <-answer:
					if !strings.Contains(a, tt.want) {
						t.Errorf("got %s, want %s in it", a, tt.want)
					}
				}
				break
			}
		})
	}
}

// A subject may come again with the same texts that mean something else.
func TestTextsAreNotRememberedAcrossPermanentDeletes(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	body := func(fieldType string) string {
		return fmt.Sprintf(`{"schema":%q}`, `{"type":"record","name":"A","fields":[{"name":"x","type":"`+fieldType+`"}]}`)
	}
	user := fmt.Sprintf(`{"schema":%q,"references":[{"name":"A","subject":"s","version":1}]}`, `{"type":"array","items":"A"}`)
	for _, fieldType := range []string{"int", "string"} {
		mustDo(t, e, "POST", "/subjects/s/versions", body(fieldType))
		mustDo(t, e, "POST", "/subjects/user/versions", user)
		if got := mustDo(t, e, "GET", "/subjects/user/versions/1?format=resolved", ""); !strings.Contains(got, fieldType) {
			t.Errorf("with a field of type %s: %s", fieldType, got)
		}
		for _, subject := range []string{"user", "s"} {
			mustDo(t, e, "DELETE", "/subjects/"+subject, "")
			mustDo(t, e, "DELETE", "/subjects/"+subject+"?permanent=true", "")
		}
	}
}

// References in a chain are parsed one after the other, however long the chain is.
func TestLongChainsOfReferencesRegister(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const length = 40
	register := func(e *registryserver.Engine, n int) {
		t.Helper()
		s := fmt.Sprintf(`{"schema":%q}`, `{"type":"record","name":"R0","fields":[]}`)
		if n > 0 {
			s = fmt.Sprintf(`{"schema":%q,"references":[{"name":"R%d","subject":"s%d","version":1}]}`,
				fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"f","type":"R%d"}]}`, n, n-1), n-1, n-1)
		}
		mustDo(t, e, "POST", fmt.Sprintf("/subjects/s%d/versions", n), s)
	}
	e := open(t, registryserver.Options{Dir: dir})
	for n := range length {
		register(e, n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	register(open(t, registryserver.Options{Dir: dir}), length) // nothing is parsed yet
}
