//go:build unix || windows

package registryserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/registryserver"
)

// childDir names the directory of a registry that this test binary runs, in place
// of tests, until it is killed.
const childDir = "CONCORD_REGISTRY_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		// A journal this short is compacted all the time.
		s, err := registryserver.Listen("127.0.0.1:0", registryserver.WithCompactAt(registryserver.Options{Dir: dir}, 8<<10))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.URL())
		io.Copy(io.Discard, os.Stdin) // ends with the parent, if the parent does not kill
		s.Close(context.Background())
		return
	}
	os.Exit(m.Run())
}

// acknowledged is what a client was told about one of its subjects.
type acknowledged struct {
	versions map[int]int // version -> id
	deleted  bool        // the subject was soft-deleted, in one change
	deleting bool        // that was asked for, and there was no answer
}

// kills is how many processes TestKillLosesNothing kills; CONCORD_KILLS sets another number.
func kills(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("CONCORD_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 3
	}
	return 20
}

func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	told := map[string]*acknowledged{}
	ids := map[int]string{} // id -> schema, over all lives
	var mu sync.Mutex
	for life := range kills(t) {
		url, kill := child(t, dir)
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for w := range 4 {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					subject := fmt.Sprintf("s-%d-%d-%d", life, w, n)
					if !live(ctx, url, subject, &mu, told, ids) {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(5+rand.IntN(80)) * time.Millisecond)
		kill()
		cancel()
		wg.Wait()
	}
	e := open(t, registryserver.Options{Dir: dir})
	versions := 0
	for subject, a := range told {
		versions += len(a.versions)
		verify(t, e, subject, a)
	}
	if versions == 0 {
		t.Error("nothing was acknowledged: the test tests nothing")
	}
	t.Logf("%d subjects, %d versions, %d ids", len(told), versions, len(ids))
}

func TestAnotherProcessCannotTakeTheDirectory(t *testing.T) {
	t.Parallel()
	opts := registryserver.Options{Dir: t.TempDir()}
	url, kill := child(t, opts.Dir)
	if status, _ := send(t, url, "POST", "/subjects/s/versions", `{"schema":"\"int\""}`); status != 200 {
		t.Fatalf("registering: %d", status)
	}
	if e, err := registryserver.Open(opts); err == nil {
		e.Close()
		t.Error("a second process took the directory")
	} else if !strings.Contains(err.Error(), opts.Dir) || !strings.Contains(err.Error(), "another registry") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if status, body := send(t, url, "GET", "/subjects/s/versions", ""); body != "[1]" {
		t.Errorf("the first process afterwards: %d %s", status, body)
	}
	kill()
	if status, body := do(open(t, opts), "GET", "/subjects/s/versions", ""); body != "[1]" {
		t.Errorf("after the first process was killed: %d %s", status, body)
	}
}

// child starts a registry as a process of its own.
func child(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var failed strings.Builder
	cmd.Stderr = &failed
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("the child did not start: %v %s", err, failed.String())
	}
	return strings.TrimSpace(line), func() {
		cmd.Process.Kill() // SIGKILL
		cmd.Wait()         // its error is that it was killed
		stdin.Close()
	}
}

// live registers three versions of a subject and sometimes deletes it; false when
// the registry is gone.
func live(ctx context.Context, url, subject string, mu *sync.Mutex, told map[string]*acknowledged, ids map[int]string) bool {
	a := &acknowledged{versions: map[int]int{}}
	mu.Lock()
	told[subject] = a
	mu.Unlock()
	for v := 1; v <= 3; v++ {
		schema := fmt.Sprintf(`{"type":"enum","name":"%s","symbols":["A"],"default":"A","doc":"%d"}`, strings.ReplaceAll(subject, "-", "_"), v)
		body, _ := json.Marshal(map[string]string{"schema": schema})
		var answer struct{ ID, Version int }
		if !call(ctx, "POST", url+"/subjects/"+subject+"/versions", string(body), &answer) {
			return false
		}
		mu.Lock()
		if other, ok := ids[answer.ID]; ok && other != schema {
			answer.Version = -1 // verify fails on it
		}
		ids[answer.ID] = schema
		a.versions[answer.Version] = answer.ID
		mu.Unlock()
	}
	if rand.IntN(2) == 0 {
		mu.Lock()
		a.deleting = true
		mu.Unlock()
		if !call(ctx, "DELETE", url+"/subjects/"+subject, "", nil) {
			return false
		}
		mu.Lock()
		a.deleted = true
		mu.Unlock()
	}
	return true
}

func call(ctx context.Context, method, url, body string, answer any) bool {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		return false
	}
	return answer == nil || json.Unmarshal(raw, answer) == nil
}

// verify compares what was told with what is there.
func verify(t *testing.T, e http.Handler, subject string, a *acknowledged) {
	t.Helper()
	for v, id := range a.versions {
		status, body := do(e, "GET", fmt.Sprintf("/subjects/%s/versions/%d?deleted=true", subject, v), "")
		if status != 200 || !strings.Contains(body, fmt.Sprintf(`"id":%d,`, id)) {
			t.Errorf("%s version %d with id %d was acknowledged; now: %d %s", subject, v, id, status, body)
		}
	}
	status, body := do(e, "GET", "/subjects/"+subject+"/versions", "")
	switch {
	case len(a.versions) == 0:
	case a.deleted && status != 404:
		t.Errorf("%s was deleted; now: %d %s", subject, status, body)
	case !a.deleted && a.deleting && status != 404 && body != "[1,2,3]":
		t.Errorf("%s is half deleted: %d %s", subject, status, body)
	case !a.deleting && status != 200:
		t.Errorf("%s is gone: %d %s", subject, status, body)
	}
}
