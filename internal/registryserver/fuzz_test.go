package registryserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
)

// FuzzRequest sends a request to a registry that has something in it: whatever it
// is, it is answered, a JSON media type means JSON, and nothing is an inner error.
func FuzzRequest(f *testing.F) {
	for _, suite := range [][]sequence{lifeSequences, deleteSequences, referenceSequences, settingSequences, protocolSequences, contractSequences} {
		for _, s := range suite {
			for _, st := range s.steps {
				method, rest, _ := strings.Cut(st.request, " ")
				path, body, _ := strings.Cut(rest, " ")
				f.Add(method, path, expand(body, "a"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" {
			t.Skip("no server would see it")
		}
		e := open(t, registryserver.Options{})
		do(e, "POST", "/subjects/a/versions", `{"schema":"\"int\""}`)
		do(e, "POST", "/subjects/b/versions", `{"schema":"{\"type\":\"record\",\"name\":\"I\",\"fields\":[]}"}`)
		do(e, "POST", "/subjects/$/versions", `{"schema":"[\"null\",\"I\"]","references":[{"name":"I","subject":"b","version":1}]}`)
		do(e, "DELETE", "/subjects/a", "")
		do(e, "PUT", "/config/x", `{"alias":"b","normalize":true}`)
		req := httptest.NewRequest("GET", "/", strings.NewReader(body))
		req.Method, req.URL = method, u
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, req)
		if rec.Code == http.StatusInternalServerError && strings.Contains(rec.Body.String(), "50001") {
			t.Errorf("%s %s: %s", method, path, rec.Body)
		}
		// The raw text of a schema need not be JSON.
		raw := strings.Contains(path, "schema") && rec.Code == http.StatusOK
		if strings.HasSuffix(rec.Header().Get("Content-Type"), "json") && !raw && !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%s %s: no JSON: %s", method, path, rec.Body)
		}
	})
}
