using System.Text;

namespace SkyDriver.Worker.Agent;

/// <summary>One stream of a command on its way to the service: a file of bounded size, written at one end and sent from the other.</summary>
/// <remarks>
/// A command is never held up by a service that is away, and never fills memory or disk: what comes after the cap is counted and not kept.
/// The file holds UTF-8; bytes that are none become replacement characters, so that its offsets are those of the service.
/// </remarks>
internal sealed class LogSpool : IDisposable
{
    /// <summary>Bytes of one piece that is sent.</summary>
    public const int MostPerPiece = 256 << 10;

    private readonly FileStream _file;
    private readonly long _cap;
    private readonly Lock _gate = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private long _length, _left;
    private bool _ended;

    /// <param name="cap">Bytes that are kept.</param>
    public LogSpool(string path, long cap) => (_file, _cap) = (new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0), cap);

    /// <summary>Bytes kept so far.</summary>
    public long Length
    {
        get
        {
            lock (_gate) return _length;
        }
    }

    /// <summary>Nothing more comes.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_gate) return _ended;
        }
    }

    /// <summary>Takes all that comes until the other side closes.</summary>
    public async Task FillAsync(Stream source, CancellationToken stop)
    {
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (await source.ReadAsync(buffer, stop) is > 0 and int read) Add(buffer.AsSpan(0, read), isEnd: false);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nothing more comes.
        }
        finally
        {
            End();
        }
    }

    /// <summary>What was printed from <paramref name="offset"/> on, in whole characters; empty when there is nothing new.</summary>
    public string Read(long offset)
    {
        lock (_gate)
        {
            byte[] piece = new byte[(int)Math.Min(_length - offset, MostPerPiece)];
            _file.Position = offset;
            _file.ReadExactly(piece);
            int whole = piece.Length;
            // A piece of full size may end within a character; what is left is the beginning of the next piece.
            if (offset + whole < _length)
            {
                while (whole > 0 && (piece[whole - 1] & 0xC0) == 0x80) whole--;
                if (whole > 0 && piece[whole - 1] >= 0xC0) whole--;
            }

            return Encoding.UTF8.GetString(piece, 0, whole);
        }
    }

    public void Dispose() => _file.Dispose();

    private void Add(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        lock (_gate)
        {
            if (_ended) return;
            char[] characters = new char[_decoder.GetCharCount(bytes, isEnd)];
            _decoder.GetChars(bytes, characters, isEnd);
            Keep(Encoding.UTF8.GetBytes(characters));
        }
    }

    private void Keep(byte[] text)
    {
        int room = (int)Math.Min(_cap - _length, text.Length), whole = room;
        // The cap is a limit, not a place to cut a character at.
        if (room < text.Length)
        {
            while (whole > 0 && (text[whole] & 0xC0) == 0x80) whole--;
        }

        if (_left > 0) whole = 0;
        Write(text.AsSpan(0, whole));
        _left += text.Length - whole;
    }

    private void End()
    {
        Add([], isEnd: true);
        lock (_gate)
        {
            if (_ended) return;
            if (_left > 0) Write(Encoding.UTF8.GetBytes($"\n[{_left} bytes more were printed and not kept]\n"));
            _ended = true;
        }
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        _file.Position = _length;
        _file.Write(text);
        _length += text.Length;
    }
}
