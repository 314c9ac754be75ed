package registrytest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

const byID = registrytest.Route("GET /schemas/ids/{id}")

// get sends a GET and returns the status and the body; status 0 is a broken answer.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

func TestRegisteredSchemasAreServed(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	one := reg.Register("orders-value", registry.Schema{Text: `"int"`})
	if one.ID != 1 || one.Version != 1 || one.GUID.IsZero() || one.Type != registry.Avro || one.Text != `"int"` {
		t.Errorf("Register = %+v", one)
	}
	reg.SetLevel("orders-value", registry.LevelNone)
	two := reg.Register("orders-value", registry.Schema{Text: `"string"`})
	if two.ID != 2 || two.Version != 2 {
		t.Errorf("Register = %+v", two)
	}
	status, body := get(t, reg.URL()+"/schemas/ids/2")
	if status != 200 || !strings.Contains(body, `"subject":"orders-value"`) {
		t.Errorf("%d %s", status, body)
	}
	if n := reg.Calls(byID); n != 1 {
		t.Errorf("%d calls for an id, want 1", n)
	}
	if n := reg.Calls(registrytest.AnyRoute); n != 1 {
		t.Errorf("%d calls, want 1: setting up does not count", n)
	}
}

func TestFaultsOfEveryKind(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("s", registry.Schema{Text: `"int"`})
	for name, tc := range map[string]struct {
		fault  registrytest.Fault
		status int
		body   string // contained
	}{
		"delay":      {registrytest.Delay(time.Millisecond), 200, `\"int\"`},
		"status":     {registrytest.Status(503), 503, `"error_code":503`},
		"code":       {registrytest.Status(500).WithCode(50001), 500, `"error_code":50001`},
		"html":       {registrytest.HTML(), 200, "<html>"},
		"cut before": {registrytest.CutBeforeAnswer(), 0, "EOF"},
		"cut inside": {registrytest.CutInBody(), 0, "unexpected EOF"},
		"answer":     {registrytest.Answer(http.NotFoundHandler()), 404, "404 page not found"},
	} {
		remove := reg.Inject(byID, tc.fault)
		if status, body := get(t, reg.URL()+"/schemas/ids/1"); status != tc.status || !strings.Contains(body, tc.body) {
			t.Errorf("%s: %d %q, want %d with %q", name, status, body, tc.status, tc.body)
		}
		if status, _ := get(t, reg.URL()+"/subjects"); status != 200 {
			t.Errorf("%s: another route answers %d", name, status)
		}
		remove()
		remove()
		if status, body := get(t, reg.URL()+"/schemas/ids/1"); status != 200 {
			t.Errorf("%s removed: %d %s", name, status, body)
		}
	}
}

func TestStatusCanSayWhenToRetry(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Inject(registrytest.AnyRoute, registrytest.Status(429).WithRetryAfter(1500*time.Millisecond), registrytest.Times(1))
	resp, err := http.Get(reg.URL() + "/subjects")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Code int `json:"error_code"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 429 || body.Code != 429 || resp.Header.Get("Retry-After") != "2" {
		t.Errorf("%d, code %d, Retry-After %q", resp.StatusCode, body.Code, resp.Header.Get("Retry-After"))
	}
}

func TestFaultsEndAfterTheirNumber(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Inject("GET /subjects", registrytest.Status(500), registrytest.Times(2))
	reg.Inject("GET /subjects", registrytest.Status(502), registrytest.Times(1))
	for i, want := range []int{500, 500, 502, 200, 200} {
		if status, _ := get(t, reg.URL()+"/subjects"); status != want {
			t.Errorf("request %d: %d, want %d", i, status, want)
		}
	}
	if n := reg.Calls("GET /subjects"); n != 5 {
		t.Errorf("%d calls, want 5", n)
	}
}

func TestHangingRequestsGoOnWhenLetGo(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	remove := reg.Inject("GET /subjects", registrytest.Hang(), registrytest.Times(3))
	answered := make(chan int, 3)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			status, _ := get(t, reg.URL()+"/subjects")
			answered <- status
		})
	}
	for reg.Calls("GET /subjects") < 3 {
		time.Sleep(time.Millisecond)
	}
	select {
	case status := <-answered:
		t.Errorf("a hanging request was answered with %d", status)
	default:
	}
	if status, _ := get(t, reg.URL()+"/subjects"); status != 200 {
		t.Errorf("the fourth request: %d", status)
	}
	remove()
	wg.Wait()
	close(answered)
	for status := range answered {
		if status != 200 {
			t.Errorf("let go: %d", status)
		}
	}
}

func TestTheEndOfATestLetsGoHangingRequests(t *testing.T) {
	t.Parallel()
	done := make(chan int, 1)
	t.Run("inner", func(t *testing.T) {
		reg := registrytest.New(t)
		reg.Inject(registrytest.AnyRoute, registrytest.Hang())
		go func() {
			resp, err := http.Get(reg.URL() + "/subjects")
			if err != nil {
				done <- 0
				return
			}
			resp.Body.Close()
			done <- resp.StatusCode
		}()
		for reg.Calls(registrytest.AnyRoute) == 0 {
			time.Sleep(time.Millisecond)
		}
	})
	if status := <-done; status != 200 {
		t.Errorf("the request that hung ended with %d", status)
	}
}

func TestADirectoryKeepsWhatWasRegistered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Run("first", func(t *testing.T) {
		registrytest.New(t, registrytest.InDirectory(dir)).Register("s", registry.Schema{Text: `"int"`})
	})
	reg := registrytest.New(t, registrytest.InDirectory(dir))
	if status, body := get(t, reg.URL()+"/subjects/s/versions"); status != 200 || body != "[1]" {
		t.Errorf("%d %s", status, body)
	}
}

// recorder is a testing.TB that notes how it was failed.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Fatalf(format string, _ ...any) {
	r.failed = format
	panic(r)
}

func TestMistakesFailTheTest(t *testing.T) {
	t.Parallel()
	for name, mistake := range map[string]func(*registrytest.Registry){
		"route":     func(r *registrytest.Registry) { r.Inject("GET /schema/ids/{id}", registrytest.Hang()) },
		"calls":     func(r *registrytest.Registry) { r.Calls("FETCH /subjects") },
		"times":     func(r *registrytest.Registry) { r.Inject(byID, registrytest.Hang(), registrytest.Times(0)) },
		"no fault":  func(r *registrytest.Registry) { r.Inject(byID, nil) },
		"no schema": func(r *registrytest.Registry) { r.Register("s", registry.Schema{Text: "{"}) },
		"level":     func(r *registrytest.Registry) { r.SetLevel("s", "SOMEWHAT") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &recorder{TB: t}
			reg := registrytest.New(tb)
			defer func() {
				if recover(); tb.failed == "" {
					t.Error("the test goes on")
				}
			}()
			mistake(reg)
		})
	}
}
