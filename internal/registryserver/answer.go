package registryserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/concord-go/concord/registry"
)

// problem is an answer that is not a success: a code of the registry's, or a
// plain HTTP status where HTTP itself was used wrongly.
type problem struct {
	code    int
	message string
}

// Error is the message, as the client reads it.
func (p *problem) Error() string { return p.message }

// status is the HTTP status: the first three digits of the code.
func (p *problem) status() int {
	if p.code >= 10000 {
		return p.code / 100
	}
	return p.code
}

func fail(code registry.Code, format string, args ...any) error {
	return &problem{int(code), fmt.Sprintf(format, args...)}
}

func failHTTP(status int, format string, args ...any) error {
	return &problem{status, fmt.Sprintf(format, args...)}
}

// isCode reports whether an error is a problem with this code.
func isCode(err error, code registry.Code) bool {
	var p *problem
	return errors.As(err, &p) && p.code == int(code)
}

func subjectNotFound(subject string) error {
	return fail(registry.ErrSubjectNotFound, "Subject '%s' not found.", subject)
}

func versionNotFound(version any) error {
	return fail(registry.ErrVersionNotFound, "Version %v not found.", version)
}

func invalidVersion(text string) error {
	return fail(registry.ErrInvalidVersion, "The specified version '%s' is not a valid version id. "+
		`Allowed values are between [1, 2^31-1] and the string "latest"`, text)
}

// Answers of handlers that are not plain JSON values.
type (
	schemaText string   // sent as it is
	noContent  struct{} // 204
)

// errorBody is the REST error body.
type errorBody struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// encode is an answer's body.
func encode(answer any) ([]byte, error) {
	if text, ok := answer.(schemaText); ok {
		return []byte(text), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// write sends an answer, or the error in its place.
func write(w http.ResponseWriter, media string, answer any, err error) {
	status := http.StatusOK
	if err != nil {
		var p *problem
		if !errors.As(err, &p) {
			p = &problem{int(registry.ErrStore), "Error in the registry: " + err.Error()}
		}
		status = p.status()
		answer = errorBody{p.code, p.message}
		switch status {
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable:
			if p.code == status { // the transport's answers carry no type
				media = ""
			}
		}
	}
	if _, ok := answer.(noContent); ok {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, encErr := encode(answer)
	if encErr != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error_code":50001,"message":"The answer could not be encoded"}`)
	}
	if media == "" {
		w.Header()["Content-Type"] = nil // keeps net/http from guessing one
	} else {
		w.Header().Set("Content-Type", media)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // the client may be gone: nobody is left to tell
}
