using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace SkyDriver.Api.Http;

/// <summary>JSON from outside, read so that nothing in it can fail later.</summary>
internal static class JsonText
{
    /// <summary>Deeper nesting than this is refused; events have about ten levels.</summary>
    private const int MaxDepth = 32;

    /// <exception cref="JsonException">It is not JSON, nests too deeply, has a member twice, or a text in it is no valid Unicode.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span)) throw new JsonException("The text is not UTF-8.");
        try
        {
            // A document that is never disposed keeps its bytes out of the pool, so they have to be its own.
            JsonElement root = JsonElement.Parse(json.Span, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            RefuseHalfSurrogates(json.Span);
            return root;
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A text escapes half of a surrogate pair.", broken);
        }
    }

    /// <summary>The value as it was written, to the byte.</summary>
    public static byte[] Raw(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).ToArray();

    // The parser takes such escapes; whoever asks for the text later would fail.
    private static void RefuseHalfSurrogates(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.String or JsonTokenType.PropertyName, ValueIsEscaped: true }) reader.GetString();
        }
    }
}
