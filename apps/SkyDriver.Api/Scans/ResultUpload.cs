using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using SkyDriver.Api.Http;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>Reads <c>{"skyscan_result": {…}, "is_final": …}</c> as it comes and passes the tables on unread, so that a large result never lies in memory.</summary>
internal sealed class ResultUpload(BlobWriter tables)
{
    public const string Tables = "skyscan_result";
    public const string IsFinal = "is_final";

    /// <summary>Texts and numbers in a result are short; a longer one would have to be held whole.</summary>
    private const int MaxTokenBytes = 1 << 20;
    private const int BufferBytes = 64 << 10;
    private const int MaxDepth = 32;

    private readonly Dictionary<string, JsonElement> _members = [];
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth });
    private string? _member;
    private bool _begun;
    private bool _inTables;

    /// <summary>Members of the body other than the tables; these only when they are not an object.</summary>
    public Dictionary<string, JsonElement> Members => _members;

    public int UnknownMembers { get; private set; }

    /// <summary>There was an object of tables, perhaps without any.</summary>
    public bool HasTables { get; private set; }

    public bool IsEmpty { get; private set; } = true;

    /// <exception cref="ApiException">400: it is no JSON object, or not one that can be read bit by bit.</exception>
    public async Task ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        PipeReader pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true));
        try
        {
            int wanted = 1;
            while (true)
            {
                ReadResult read = await pipe.ReadAtLeastAsync(wanted, cancellationToken);
                ReadOnlySequence<byte> buffer = read.Buffer;
                (long consumed, long from, long to) = Step(buffer, read.IsCompleted);
                if (to > from) await tables.WriteAsync(buffer.Slice(from, to - from), cancellationToken);
                long left = buffer.Length - consumed;
                if (left > MaxTokenBytes) throw Invalid($"a text in the result has more than {MaxTokenBytes} bytes");
                pipe.AdvanceTo(buffer.GetPosition(consumed), buffer.End);
                if (read.IsCompleted) return;
                // A token that did not fit is tried again when there is twice as much of it.
                wanted = (int)Math.Max(1, 2 * left);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    /// <returns>Bytes read, and the part of them that belongs to the tables.</returns>
    private (long Consumed, long From, long To) Step(ReadOnlySequence<byte> buffer, bool isLast)
    {
        if (isLast && !_begun && IsBlank(buffer)) return (buffer.Length, 0, 0);
        long from = 0, to = 0;
        try
        {
            Utf8JsonReader reader = new(buffer, isLast, _state);
            while (reader.Read())
            {
                _begun = true;
                CheckText(ref reader);
                if (_inTables)
                {
                    _inTables = reader.CurrentDepth > 1;
                    if (_inTables) IsEmpty = false;
                    else to = reader.BytesConsumed;
                }
                else if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                {
                    throw Invalid("the body must be a JSON object");
                }
                else if (reader.CurrentDepth == 1)
                {
                    TakeMember(ref reader);
                    if (_inTables) from = reader.TokenStartIndex;
                }
            }

            _state = reader.CurrentState;
            return (reader.BytesConsumed, from, _inTables ? reader.BytesConsumed : to);
        }
        catch (JsonException broken)
        {
            throw Invalid($"the body is not valid JSON (line {broken.LineNumber + 1}, byte {broken.BytePositionInLine})");
        }
    }

    private void TakeMember(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.PropertyName)
        {
            _member = reader.ValueTextEquals(Tables) ? Tables : reader.ValueTextEquals(IsFinal) ? IsFinal : "";
            if (_member == "") UnknownMembers++;
            if (_members.ContainsKey(_member) || (HasTables && _member == Tables)) throw Invalid("the body has a member twice");
            return;
        }

        if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray || _member is null or "") return;
        if (_member == Tables && reader.TokenType is JsonTokenType.StartObject) HasTables = _inTables = true;
        else _members[_member] = Scalar(ref reader);
    }

    private static JsonElement Scalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True or JsonTokenType.False => JsonSerializer.SerializeToElement(reader.GetBoolean()),
        JsonTokenType.Null => JsonSerializer.SerializeToElement<object?>(null),
        JsonTokenType.String => JsonSerializer.SerializeToElement(Text(ref reader)),
        JsonTokenType.Number when reader.TryGetInt64(out long number) => JsonSerializer.SerializeToElement(number),
        _ => JsonSerializer.SerializeToElement(Array.Empty<int>()),    // whatever it is, it is no truth value and no object
    };

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "";  // half of a surrogate pair
        }
    }

    // The reader takes texts as they are, but they go out again as JSON.
    private static void CheckText(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) return;
        bool valid = reader.HasValueSequence ? Utf8.IsValid(reader.ValueSequence.ToArray()) : Utf8.IsValid(reader.ValueSpan);
        if (!valid) throw Invalid("the body is not valid JSON: a text is not UTF-8");
    }

    private static bool IsBlank(ReadOnlySequence<byte> buffer)
    {
        foreach (ReadOnlyMemory<byte> segment in buffer)
        {
            if (!segment.Span.TrimStart(" \t\r\n"u8).IsEmpty) return false;
        }

        return true;
    }

    private static ApiException Invalid(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
