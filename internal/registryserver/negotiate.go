package registryserver

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// produced are the media types of answers, best first.
var produced = []string{
	"application/vnd.schemaregistry.v1+json",
	"application/vnd.schemaregistry+json",
	"application/json",
}

// checkContentType refuses bodies, and requests that only say they had one, of a
// type that the registry does not read.
func checkContentType(r *http.Request) error {
	values, ok := r.Header["Content-Type"]
	if !ok {
		return nil
	}
	media, _, err := mime.ParseMediaType(values[0])
	if err != nil || !strings.Contains(media, "/") {
		return failHTTP(http.StatusBadRequest, "The Content-Type is not a media type")
	}
	if (media == "*/*" || media == "application/*") && r.Method != http.MethodPost && r.Method != http.MethodPut {
		return nil
	}
	if !slices.Contains(produced, media) && media != "application/octet-stream" {
		return failHTTP(http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type: the registry reads %s", strings.Join(produced, ", "))
	}
	return nil
}

// chooseMedia is the type of the answer that the Accept header wants: by the weight
// that the client gives, then by the registry's order.
func chooseMedia(h http.Header) (string, error) {
	accept := strings.Join(h["Accept"], ",")
	if strings.TrimSpace(accept) == "" {
		return produced[0], nil
	}
	best, bestWeight := "", -1.0
	bestRank := len(produced)
	for _, one := range strings.Split(accept, ",") {
		media, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			weight = q
		}
		delete(params, "q")
		for rank, p := range produced {
			if !mediaMatches(media, p) {
				continue
			}
			if weight > bestWeight || weight == bestWeight && rank < bestRank {
				best, bestWeight, bestRank = p, weight, rank
				if media == p && len(params) > 0 {
					best = mime.FormatMediaType(p, params)
				}
			}
			break
		}
	}
	if best == "" {
		return "", failHTTP(http.StatusNotAcceptable, "HTTP 406 Not Acceptable: the registry answers with %s", strings.Join(produced, ", "))
	}
	return best, nil
}

func mediaMatches(pattern, media string) bool {
	if pattern == "*/*" || pattern == media {
		return true
	}
	prefix, ok := strings.CutSuffix(pattern, "/*")
	return ok && strings.HasPrefix(media, prefix+"/")
}
