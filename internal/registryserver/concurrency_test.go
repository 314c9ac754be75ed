package registryserver_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
)

func TestClientsThatRegisterTheSameSchemaGetOneID(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir()} {
		s := start(t, registryserver.Options{Dir: dir})
		for round := range 5 {
			var mu sync.Mutex
			answers := map[string]int{}
			var wg sync.WaitGroup
			for client := range 64 {
				wg.Go(func() {
					// Half of them under one subject, half under subjects of their own.
					subject := "shared"
					if client%2 == 0 {
						subject = fmt.Sprintf("own-%d", client)
					}
					body := fmt.Sprintf(`{"schema":"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"A\",\"round\":%d}"}`, round)
					status, answer := send(t, s.URL(), "POST", "/subjects/"+subject+"/versions", body)
					mu.Lock()
					answers[fmt.Sprint(status, answer)]++
					mu.Unlock()
				})
			}
			wg.Wait()
			if len(answers) != 1 {
				t.Errorf("round %d: %d different answers: %v", round, len(answers), answers)
			}
		}
		if _, body := send(t, s.URL(), "GET", "/subjects/shared/versions", ""); body != "[1,2,3,4,5]" {
			t.Errorf("the shared subject: %s", body)
		}
	}
}

func TestReadersAndWritersTogether(t *testing.T) {
	t.Parallel()
	opts := registryserver.WithCompactAt(registryserver.Options{Dir: t.TempDir()}, 4<<10)
	e := open(t, opts)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 60 {
				subject := fmt.Sprintf("/subjects/s%d", (w+i)%3)
				do(e, "POST", subject+"/versions", fmt.Sprintf(`{"schema":"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"A\",\"n\":%d}"}`, i%7))
				do(e, "POST", subject, `{"schema":"\"int\""}`)
				do(e, "PUT", "/config/x", `{"compatibility":"FULL"}`)
				do(e, "DELETE", subject, "")
				do(e, "DELETE", subject+"?permanent=true", "")
			}
		})
		wg.Go(func() {
			for range 200 {
				for _, path := range []string{"/schemas?deleted=true", "/subjects", "/schemas/ids/1", "/schemas/ids/1/versions?deleted=true", "/contexts"} {
					if status, body := do(e, "GET", path, ""); status >= 500 {
						t.Errorf("%s: %d %s", path, status, body)
					}
				}
			}
		})
	}
	wg.Wait()
	want := look(e)
	e.Close()
	if got := look(open(t, opts)); got != want {
		t.Errorf("reopened: got\n%s\nwant\n%s", got, want)
	}
}
