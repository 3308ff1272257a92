// Checks with golang.org/x/mod/sumdb that a log holds a certificate, and extends the log that was seen before:
//
//	go run check-log.go https://verify.example.com ID KEYS SEEN
//
// KEYS is a file with the log's verifier keys that you trust. SEEN is a file that keeps the checkpoint for the next time.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles are those of C2SP's tlog-tiles. Their height is always 8, so it is not in their paths.
type tiles struct{ url string }

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range wanted {
		data = append(data, get(t.url+strings.TrimPrefix(tile.Path(), "tile/8")))
	}
	return data, nil
}

type logged struct {
	Index int64
	Entry string
}
type content struct{ Kind, Subject, Document, Registration string }

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: go run check-log.go ISSUER ID KEYS SEEN")
	}
	issuer, id, keys, seen := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	checkpoint := get(issuer + "/log/checkpoint")
	tree := open(checkpoint, keys)
	reader := tlog.TileHashReader(tree, tiles{issuer + "/log/tile"})

	// What tiles say is proven up to the signed root: the reader alone does not check all of them.
	read := func(entry logged) (read content) {
		proof, err := tlog.ProveRecord(tree.N, entry.Index, reader)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, entry.Index, tlog.RecordHash([]byte(entry.Entry))))
		must(json.Unmarshal([]byte(entry.Entry), &read))
		return read
	}
	var bundle struct {
		Log struct{ Registration, Certificate logged }
	}
	must(json.Unmarshal(get(issuer+"/certificates/"+id+".bundle"), &bundle))
	registered, issued := read(bundle.Log.Registration), read(bundle.Log.Certificate)
	digest := sha256.Sum256(get(issuer + "/certificates/" + id + ".json"))
	if issued != (content{"certificate", id, hex.EncodeToString(digest[:]), registered.Subject}) ||
		registered.Kind != "registration" || bundle.Log.Registration.Index >= bundle.Log.Certificate.Index {
		log.Fatal("The log's entries are not those of this certificate.")
	}
	fmt.Printf("Entry %d of %d is this certificate, registered before in entry %d.\n",
		bundle.Log.Certificate.Index, tree.N, bundle.Log.Registration.Index)

	if kept, err := os.ReadFile(seen); !os.IsNotExist(err) {
		must(err)
		before := open(kept, keys)
		proof, err := tlog.ProveTree(tree.N, before.N, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))
		fmt.Printf("The %d entries that were seen before are its first ones.\n", before.N)
	}
	must(os.WriteFile(seen, checkpoint, 0o644))
}

// open verifies a checkpoint: x/mod's note of a tree, with the log's own name in the first line.
func open(checkpoint []byte, keys string) tlog.Tree {
	lines, err := os.ReadFile(keys)
	must(err)
	var known []note.Verifier
	for _, line := range strings.Fields(string(lines)) {
		verifier, err := note.NewVerifier(line)
		must(err)
		known = append(known, verifier)
	}
	signed, err := note.Open(checkpoint, note.VerifierList(known...))
	must(err)
	text := strings.TrimPrefix(signed.Text, signed.Sigs[0].Name+"\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + text))
	must(err)
	return tree
}

// No file of a log or certificate is larger, and none takes longer.
const mostBytes = 64 << 20

var client = http.Client{Timeout: time.Minute}

func get(url string) []byte {
	answer, err := client.Get(url)
	must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostBytes))
	must(err)
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("%s: %q", url, answer.Status)
	}
	return body
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
