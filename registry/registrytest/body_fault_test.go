package registrytest_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// fetch sends a GET and hands over the answer without reading its body.
func fetch(t *testing.T, url string) *http.Response {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestADrippingBodyIsWholeInTheEnd(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("s", registry.Schema{Text: `"int"`})
	_, want := get(t, reg.URL()+"/schemas/ids/1")
	remove := reg.Inject(byID, registrytest.Drip(time.Hour))
	resp := fetch(t, reg.URL()+"/schemas/ids/1")
	if resp.StatusCode != 200 || resp.ContentLength != int64(len(want)) {
		t.Errorf("%s with %d bytes announced, want %d", resp.Status, resp.ContentLength, len(want))
	}
	remove()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != want {
		t.Errorf("let go: %q, %v", body, err)
	}
	reg.Inject(byID, registrytest.Drip(0))
	if _, got := get(t, reg.URL()+"/schemas/ids/1"); got != want {
		t.Errorf("dripping fast: %q", got)
	}
}

func TestALargeBodyIsAsLargeAsItSays(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Inject(byID, registrytest.LargeBody(3<<20), registrytest.Times(1))
	resp := fetch(t, reg.URL()+"/schemas/ids/1")
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n != 3<<20 || resp.ContentLength != n {
		t.Errorf("%d bytes, %d announced, %v", n, resp.ContentLength, err)
	}
	reg.Inject(byID, registrytest.LargeBody(10<<30))
	if resp := fetch(t, reg.URL()+"/schemas/ids/1"); resp.ContentLength != 10<<30 {
		t.Errorf("%d bytes announced", resp.ContentLength)
	} // and nobody reads them: the test ends all the same
}

func TestAnEndlessBodyEndsWithTheFault(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	remove := reg.Inject(byID, registrytest.EndlessBody())
	resp := fetch(t, reg.URL()+"/schemas/ids/1")
	if n, err := io.CopyN(io.Discard, resp.Body, 20<<20); err != nil || resp.ContentLength != -1 {
		t.Errorf("after %d bytes: %v; %d announced", n, err, resp.ContentLength)
	}
	remove()
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the body ended as if it were whole")
	}
	reg.Inject(byID, registrytest.EndlessBody())
	unread := fetch(t, reg.URL()+"/schemas/ids/1")
	if b, err := bufio.NewReader(unread.Body).ReadByte(); err != nil || b != '"' {
		t.Errorf("%q, %v", b, err)
	}
}

func TestARedirectKeepsThePath(t *testing.T) {
	t.Parallel()
	reg, other := registrytest.New(t), registrytest.New(t)
	other.Register("a/b", registry.Schema{Text: `"int"`})
	reg.Inject(registrytest.AnyRoute, registrytest.RedirectTo(other.URL()+"/"))
	resp := fetch(t, reg.URL()+"/subjects/a%2Fb/versions?deleted=true")
	if got, want := resp.Header.Get("Location"), other.URL()+"/subjects/a%2Fb/versions?deleted=true"; resp.StatusCode != 307 || got != want {
		t.Errorf("%s to %s, want %s", resp.Status, got, want)
	}
	if status, body := get(t, reg.URL()+"/subjects/a%2Fb/versions"); status != 200 || body != "[1]" {
		t.Errorf("followed: %d %s", status, body)
	}
}

func TestLevelsAndModesAreSetUp(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t, registrytest.WithLevel(registry.LevelNone))
	reg.Register("s", registry.Schema{Text: `"int"`})
	reg.Register("s", registry.Schema{Text: `"string"`})
	reg.SetMode("s", registry.ModeReadOnly)
	resp, err := http.Post(reg.URL()+"/subjects/s/versions", "application/json", strings.NewReader(`{"schema":"\"long\""}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 422 {
		t.Errorf("a registration under READONLY: %s", resp.Status)
	}
	reg.SetMode("s", registry.ModeReadWrite)
	reg.Register("s", registry.Schema{Text: `"long"`})
	if n := reg.Calls("PUT /mode/{subject}"); n != 0 {
		t.Errorf("setting up was counted %d times", n)
	}
}
