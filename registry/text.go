package registry

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// TextFormat is a form of a schema's text that a registry can make (REST: format).
type TextFormat string

// The forms. A registry answers with the plain text where a schema's type does not
// have the form, or the registry does not know it.
const (
	TextPlain            TextFormat = ""                  // as it was registered
	TextResolved         TextFormat = "resolved"          // Avro: with what it refers to put in
	TextSerialized       TextFormat = "serialized"        // Protobuf: a FileDescriptorProto in base64
	TextIgnoreExtensions TextFormat = "ignore_extensions" // Protobuf: without its extensions
)

// TextByID returns the bare text of a schema in a form of the registry's making
// (GET /schemas/ids/{id}/schema). It is asked for each time: the plain text, which
// is remembered, is in what SchemaByID returns. An id that the registry does not
// have is an [ErrSchemaNotFound]; some releases answer with a status of 500, an
// [ErrUnavailable].
func (c *Client) TextByID(ctx context.Context, id SchemaID, format TextFormat) (string, error) {
	req, err := c.idRequest(routeID+"/schema", id)
	if err != nil {
		return "", err
	}
	return c.text(ctx, req, format)
}

// VersionText returns the bare text of a version in a form of the registry's making
// (GET /subjects/{subject}/versions/{version}/schema), with the errors of
// [Client.Version]. As there, a number also finds a soft-deleted version. It is
// asked for each time.
func (c *Client) VersionText(ctx context.Context, subject Subject, version Version, format TextFormat) (string, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersion+"/schema", string(subject), versionText(version))
	if err := checkSubject(req, subject); err != nil {
		return "", err
	}
	if err := checkVersion(req, version); err != nil {
		return "", err
	}
	req.query = set(map[string]bool{"deleted": version != LatestVersion})
	return c.text(ctx, req, format)
}

func (c *Client) text(ctx context.Context, req request, format TextFormat) (string, error) {
	if format != "" {
		addQuery(&req, url.Values{"format": {string(format)}})
	}
	var text string
	err := c.do(ctx, req, func(data []byte) error {
		// No schema language has texts that begin as a page does.
		if page := bytes.TrimSpace(data); len(page) == 0 || page[0] == '<' || !utf8.Valid(data) {
			return errors.New("not the text of a schema")
		}
		text = string(data)
		return nil
	})
	return text, err
}
