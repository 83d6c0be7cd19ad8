// Command predict posts a picture several times as Go does: its length told, and in chunks.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

func main() {
	address := os.Args[1]
	picture, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	for index := 0; index < count; index++ {
		var body io.Reader = bytes.NewReader(picture)
		if index%2 == 1 {
			// A reader whose length net/http cannot know.
			body = io.MultiReader(body)
		}
		answer, err := http.Post(address, "image/png", body)
		if err != nil {
			panic(err)
		}
		content, err := io.ReadAll(answer.Body)
		if err != nil {
			panic(err)
		}
		answer.Body.Close()
		fmt.Println(answer.StatusCode, string(content))
	}
}
