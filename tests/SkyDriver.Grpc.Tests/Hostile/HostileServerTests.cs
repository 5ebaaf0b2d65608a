using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static SkyDriver.Grpc.Tests.Hostile.RawHttp2;

namespace SkyDriver.Grpc.Tests.Hostile;

/// <summary>What a server may do to a client: each row ends the call with the status it deserves, and never hangs it.</summary>
public sealed class HostileServerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan NoLimit = Timeout.InfiniteTimeSpan;

    /// <summary>The message "ok" of type StringValue, in its frame.</summary>
    private static readonly byte[] Ok = [0, 0, 0, 0, 4, 10, 2, (byte)'o', (byte)'k'];

    private static readonly byte[] Begin = Headers(1, EndHeaders, (":status", "200"), ("content-type", "application/grpc"));
    private static readonly byte[] End = Headers(1, EndHeaders | EndStream, ("grpc-status", "0"));
    private static readonly byte[] Answer = [.. Begin, .. Data(Ok), .. End];

    private static readonly Dictionary<string, (byte[] Script, StatusCode Expected)> Rows = new()
    {
        ["plain answer"] = (Answer, StatusCode.OK),
        ["one byte per frame, empty frames between"] = ([.. Begin, .. Ok.SelectMany(b => (byte[])[.. Data([b]), .. Data([])]), .. End], StatusCode.OK),
        ["padding"] = ([.. Begin, .. Frame(FrameType.Data, Padded, 1, [3, .. Ok, 0, 0, 0]), .. End], StatusCode.OK),
        ["pings before the answer"] = ([.. Enumerable.Range(0, 10).SelectMany(_ => Frame(FrameType.Ping, 0, 0, new byte[8])), .. Answer], StatusCode.OK),
        ["GOAWAY in the middle, the answer goes on"] = ([.. Begin, .. Data(Ok[..4]), .. Number(FrameType.GoAway, 0, 1, 0), .. Data(Ok[4..]), .. End], StatusCode.OK),
        ["GOAWAY that does not take the call, on every connection"] = (Number(FrameType.GoAway, 0, 0, 0), StatusCode.Unavailable),
        ["GOAWAY with an error in the middle"] = ([.. Begin, .. Data(Ok[..4]), .. Number(FrameType.GoAway, 0, 0, 2)], StatusCode.Unavailable),
        ["reset by CANCEL"] = ([.. Begin, .. Number(FrameType.Reset, 1, 8)], StatusCode.Cancelled),
        ["reset by an error in the middle of the message"] = ([.. Begin, .. Data(Ok[..6]), .. Number(FrameType.Reset, 1, 2)], StatusCode.Unavailable),
        ["no status"] = ([.. Begin, .. Frame(FrameType.Data, EndStream, 1, Ok)], StatusCode.Unknown),
        ["status that is no number"] = ([.. Begin, .. Data(Ok), .. Headers(1, EndHeaders | EndStream, ("grpc-status", "fine"))], StatusCode.Unknown),
        ["status of no code"] = ([.. Begin, .. Data(Ok), .. Headers(1, EndHeaders | EndStream, ("grpc-status", "99"))], StatusCode.Unknown),
        ["negative status"] = ([.. Begin, .. Data(Ok), .. Headers(1, EndHeaders | EndStream, ("grpc-status", "-1"))], StatusCode.Unknown),
        ["status alone"] = (Headers(1, EndHeaders | EndStream, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "7")), StatusCode.PermissionDenied),
        ["OK without a message"] = ([.. Begin, .. End], StatusCode.Internal),
        ["two messages"] = ([.. Begin, .. Data([.. Ok, .. Ok]), .. End], StatusCode.Internal),
        ["message cut short by its end"] = ([.. Begin, .. Data(Ok[..6]), .. End], StatusCode.Internal),
        ["message over the limit"] = ([.. Begin, .. Data([0, 127, 255, 255, 255]), .. End], StatusCode.ResourceExhausted),
        ["compressed message"] = ([.. Begin, .. Data([1, 0, 0, 0, 0]), .. End], StatusCode.Unimplemented),
        ["another content type"] = ([.. Headers(1, EndHeaders, (":status", "200"), ("content-type", "text/html")), .. Data(Ok), .. End], StatusCode.Unknown),
        ["DATA before HEADERS"] = (Data(Ok), StatusCode.Unavailable),
        ["DATA of no stream"] = ([.. Begin, .. Frame(FrameType.Data, 0, 0, Ok)], StatusCode.Unavailable),
        ["HEADERS of a stream nobody opened"] = (Headers(7, EndHeaders, (":status", "200")), StatusCode.Unavailable),
        ["a pushed stream"] = (Frame(FrameType.Push, EndHeaders, 1, [0, 0, 0, 2, .. Block((":path", "/x"))]), StatusCode.Unavailable),
        ["header block that decodes to nothing"] = (Frame(FrameType.Headers, EndHeaders, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F), StatusCode.Unavailable),
        ["headers of a megabyte"] = ([.. Frame(FrameType.Headers, 0, 1, Block((":status", "200"))), .. Flood(80, FrameType.Continuation, Block(("x-large", new string('x', 12_000))))], StatusCode.Unavailable),
        ["DATA in between of a header block"] = ([.. Frame(FrameType.Headers, 0, 1, Block((":status", "200"))), .. Data(Ok)], StatusCode.Unavailable),
        ["CONTINUATION of nothing"] = ([.. Begin, .. Frame(FrameType.Continuation, EndHeaders, 1, Block(("a", "b")))], StatusCode.Unavailable),
        ["frame over the frame size"] = ([.. Begin, .. Data(new byte[16_385])], StatusCode.Unavailable),
        // To be ignored by the standard; HttpClient takes offence.
        ["frame of a type unheard of"] = ([.. Begin, .. Frame(FrameType.Unheard, 0, 1, 1, 2)], StatusCode.Unavailable),
        ["padding longer than its frame"] = ([.. Begin, .. Frame(FrameType.Data, Padded, 1, 200, 1, 2)], StatusCode.Unavailable),
        ["window grows by nothing"] = (Number(FrameType.WindowUpdate, 1, 0), StatusCode.Unavailable),
        ["window grows beyond its limit"] = ([.. Number(FrameType.WindowUpdate, 0, int.MaxValue), .. Number(FrameType.WindowUpdate, 0, int.MaxValue)], StatusCode.Unavailable),
        ["settings cut short"] = (Frame(FrameType.Settings, 0, 0, 0, 4, 0), StatusCode.Unavailable),
        ["settings out of range"] = (Settings((4, 0x8000_0000)), StatusCode.Unavailable),
        ["ping cut short"] = (Frame(FrameType.Ping, 0, 0, 1, 2, 3), StatusCode.Unavailable),
        ["text of another protocol"] = ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), StatusCode.Unavailable),
    };

    public static TheoryData<string> Names() => [.. Rows.Keys];

    /// <summary>The connection stays open after the script: it is the client that must see the fault, not the end.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Unary_Script_EndsWithItsStatus(string name)
    {
        var (script, expected) = Rows[name];
        await using var server = new ScriptedServer(Settings(), script, closes: false);
        using var client = new GrpcConnection(server.Address);
        Assert.Equal(expected, await StatusOfAsync(client.UnaryAsync("/a.B/C", new Empty(), StringValue.Parser, NoLimit)));
    }

    /// <summary>The same rows read as a stream, cut off at their end: a status, always.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Duplex_ScriptAndTheConnectionBreaks_EndsInAStatus(string name)
    {
        await using var server = new ScriptedServer(Settings(), Rows[name].Script, closes: true);
        using var client = new GrpcConnection(server.Address);
        using var call = client.Duplex("/a.B/C", StringValue.Parser);
        var status = await StatusOfAsync(ReadAsync(call));
        // A stream may hold any number of messages; whether its end arrives before the break is a matter of luck.
        StatusCode told = name is "OK without a message" or "two messages" ? StatusCode.OK : Rows[name].Expected;
        Assert.Contains(status, (StatusCode[])[told, StatusCode.Unavailable]);
    }

    /// <summary>A refused stream has not been begun, so the transport tries again; not for ever.</summary>
    [Fact]
    public async Task Unary_EveryStreamIsRefused_IsUnavailable()
    {
        await using var server = new ScriptedServer(Settings(), Refuse(1), closes: false, Refuse);
        using var client = new GrpcConnection(server.Address);
        Assert.Equal(StatusCode.Unavailable, await StatusOfAsync(client.UnaryAsync("/a.B/C", new Empty(), StringValue.Parser, NoLimit)));

        static byte[] Refuse(int stream) => Number(FrameType.Reset, stream, 7);
    }

    /// <summary>Nobody takes the connection: the system's queue of the listener is full.</summary>
    [Fact]
    public async Task Unary_SocketDoesNotOpen_IsUnavailable()
    {
        using var listener = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen(1);
        var others = Enumerable.Range(0, 8).Select(_ => new System.Net.Sockets.TcpClient()).ToList();
        foreach (var other in others) _ = other.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndPoint!);
        using var client = new GrpcConnection($"http://{listener.LocalEndPoint}", new GrpcConnectionOptions { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.Equal(StatusCode.Unavailable, await StatusOfAsync(client.UnaryAsync("/a.B/C", new Empty(), StringValue.Parser, NoLimit)));
        foreach (var other in others) other.Dispose();
    }

    [Fact]
    public async Task Unary_ServerClosesAtOnce_IsUnavailable()
    {
        await using var server = new ScriptedServer([], [], closes: true);
        using var client = new GrpcConnection(server.Address);
        Assert.Equal(StatusCode.Unavailable, await StatusOfAsync(client.UnaryAsync("/a.B/C", new Empty(), StringValue.Parser, NoLimit)));
    }

    /// <summary>A server that grants no window takes no byte of a body: the deadline, or the caller's token, ends the wait.</summary>
    [Fact]
    public async Task Window_OfZeroForEver_EndsByDeadlineOrToken()
    {
        await using var server = new ScriptedServer(Settings((4, 0)), [], closes: false);
        using var client = new GrpcConnection(server.Address);
        var request = new StringValue { Value = new string('x', 1000) };
        Assert.Equal(
            StatusCode.DeadlineExceeded, await StatusOfAsync(client.UnaryAsync("/a.B/C", request, StringValue.Parser, TimeSpan.FromMilliseconds(300))));

        using var stop = new CancellationTokenSource();
        using var call = client.Duplex("/a.B/C", StringValue.Parser);
        var writing = call.WriteAsync(request, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Limit));
        Assert.Equal(StatusCode.Cancelled, await StatusOfAsync(ReadAsync(call)));
    }

    /// <summary>Answers the request, then no ping: a stream without a deadline ends all the same.</summary>
    [Fact]
    public async Task Stream_PeerThatAnswersNoPing_IsUnavailable()
    {
        await using var server = new ScriptedServer(Settings(), [.. Begin, .. Data(Ok)], closes: false);
        using var client = new GrpcConnection(server.Address, new GrpcConnectionOptions { PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) });
        await using var messages = client.ServerStreamAsync("/a.B/C", new Empty(), StringValue.Parser).GetAsyncEnumerator();
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal("ok", messages.Current.Value);
        Assert.Equal(StatusCode.Unavailable, await StatusOfAsync(messages.MoveNextAsync().AsTask()));
    }

    private static async Task ReadAsync(GrpcDuplexCall<StringValue> call)
    {
        await foreach (var _ in call.ReadAllAsync())
        {
        }
    }

    private static async Task<StatusCode> StatusOfAsync(Task call)
    {
        try
        {
            await call.WaitAsync(Limit);
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static byte[] Data(byte[] bytes) => Frame(FrameType.Data, 0, 1, bytes);

    private static IEnumerable<byte> Flood(int times, byte type, byte[] payload) => Enumerable.Range(0, times).SelectMany(_ => Frame(type, 0, 1, payload));
}
