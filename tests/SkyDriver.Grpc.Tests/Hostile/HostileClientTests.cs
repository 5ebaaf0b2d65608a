using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static SkyDriver.Grpc.Tests.Hostile.RawHttp2;

namespace SkyDriver.Grpc.Tests.Hostile;

/// <summary>What a client may do to a server: it is told why, or cut off, and the others are served as before.</summary>
public sealed class HostileClientTests(GrpcFixture server) : IClassFixture<GrpcFixture>
{
    private const int Protocol = 1;
    private const int FlowControl = 3;
    private const int StreamClosed = 5;
    private const int FrameSize = 6;
    private const int Compression = 9;
    private const int Calm = 11;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly byte[] Empty = [0, 0, 0, 0, 0];

    /// <summary>What is sent after the preface, and the error of the RST_STREAM or GOAWAY that must come.</summary>
    private static readonly Dictionary<string, (byte[] Sent, int[] Errors)> Rows = new()
    {
        ["DATA before HEADERS"] = (Frame(FrameType.Data, 0, 1, Empty), [Protocol, StreamClosed]),
        ["DATA of no stream"] = (Frame(FrameType.Data, 0, 0, Empty), [Protocol]),
        ["DATA after the end of the request"] = ([.. Open(1, GrpcFixture.Wait), .. Data(1, Empty, end: true), .. Data(1, Empty)], [StreamClosed]),
        ["HEADERS of an even stream"] = (Open(2, GrpcFixture.Echo), [Protocol]),
        ["HEADERS of a lower stream than before"] = ([.. Open(5, GrpcFixture.Wait), .. Open(3, GrpcFixture.Wait)], [Protocol, StreamClosed]),
        ["a request that depends on itself"] = ([.. Frame(FrameType.Headers, EndHeaders | 32, 1, [0, 0, 0, 1, 16, .. RequestBlock(GrpcFixture.Echo)])], [Protocol]),
        ["another frame inside a header block"] = ([.. Frame(FrameType.Headers, 0, 1, RequestBlock(GrpcFixture.Echo)), .. Data(1, Empty)], [Protocol]),
        ["CONTINUATION of nothing"] = (Frame(FrameType.Continuation, EndHeaders, 1, RequestBlock(GrpcFixture.Echo)), [Protocol]),
        ["header block that decodes to nothing"] = (Frame(FrameType.Headers, EndHeaders, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F), [Compression]),
        ["header name in capitals"] = (Frame(FrameType.Headers, EndHeaders, 1, [.. RequestBlock(GrpcFixture.Echo), .. Block(("UPPER", "x"))]), [Protocol]),
        ["one header field of 60 KB"] = ([.. Frame(FrameType.Headers, 0, 1, RequestBlock(GrpcFixture.Echo)), .. LongField(60_000)], [Protocol, Compression, Calm]),
        ["header block without an end"] = ([.. Frame(FrameType.Headers, 0, 1, RequestBlock(GrpcFixture.Echo)), .. Many(5000, Frame(FrameType.Continuation, 0, 1, Block(("a", "b"))))], [Protocol, Calm]),
        ["frame over the frame size"] = ([.. Open(1, GrpcFixture.Echo), .. Data(1, new byte[16_385])], [FrameSize]),
        ["padding longer than its frame"] = ([.. Open(1, GrpcFixture.Echo), .. Frame(FrameType.Data, Padded, 1, 200, 1, 2)], [Protocol]),
        ["window grows by nothing"] = ([.. Open(1, GrpcFixture.Wait), .. Number(FrameType.WindowUpdate, 1, 0)], [Protocol]),
        ["window grows beyond its limit"] = (Number(FrameType.WindowUpdate, 0, int.MaxValue), [FlowControl]),
        ["settings out of range"] = (Settings((4, 0x8000_0000)), [FlowControl]),
        ["settings cut short"] = (Frame(FrameType.Settings, 0, 0, 0, 4, 0), [FrameSize]),
        ["ping cut short"] = (Frame(FrameType.Ping, 0, 0, 1, 2, 3), [FrameSize]),
        ["a pushed stream"] = (Frame(FrameType.Push, EndHeaders, 1, [0, 0, 0, 2, .. Block((":path", "/x"))]), [Protocol]),
        ["reset of a stream nobody opened"] = (Number(FrameType.Reset, 7, 8), [Protocol]),
    };

    public static TheoryData<string> Names() => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Connection_BrokenRules_IsToldWhichAndOthersAreServed(string name)
    {
        var (sent, errors) = Rows[name];
        using var socket = await ConnectAsync(server.Http);
        await SendAsync(socket, [.. Preface, .. Settings(), .. sent]);
        var refusal = await UntilAsync(socket, f => f.Type is FrameType.Reset or FrameType.GoAway);
        Assert.Contains(Assert.IsType<Http2Frame>(refusal).Error, errors);
        await AssertServesAsync();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]
    [InlineData("\0\0\0\0 no protocol at all, and a line end\r\n\r\n")]
    public async Task Connection_NotHttp2_IsClosed(string text)
    {
        using var socket = await ConnectAsync(server.Http);
        await SendAsync(socket, System.Text.Encoding.ASCII.GetBytes(text));
        using var limit = new CancellationTokenSource(Limit);
        byte[] buffer = new byte[1024];
        try
        {
            while (await socket.GetStream().ReadAsync(buffer, limit.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset instead of closed: as good.
        }

        await AssertServesAsync();
    }

    /// <summary>A client that opens streams and resets them at once must not get the server to pile up work.</summary>
    [Fact]
    public async Task Streams_OpenedAndResetThousandsOfTimes_OthersAreServed()
    {
        using var socket = await ConnectAsync(server.Http);
        var sending = SendAsync(socket, [.. Preface, .. Settings(), .. Enumerable.Range(0, 3000).SelectMany(i =>
            (byte[])[.. Open((2 * i) + 1, GrpcFixture.Wait), .. Number(FrameType.Reset, (2 * i) + 1, 8)])]);
        await AssertServesAsync();
        // The server may have hung up in the middle of it.
        await Task.WhenAny(sending, Task.Delay(Limit));
        await AssertServesAsync();
    }

    /// <summary>GOAWAY of a client ends nothing that it has asked for.</summary>
    [Fact]
    public async Task GoAway_InTheMiddleOfACall_TheCallIsAnswered()
    {
        using var socket = await ConnectAsync(server.Http);
        await SendAsync(socket, [.. Preface, .. Settings(), .. Open(1, GrpcFixture.Echo), .. Data(1, Empty[..3]), .. Number(FrameType.GoAway, 0, 0, 0), .. Data(1, Empty[3..], end: true)]);
        var end = await UntilAsync(socket, f => f is { Type: FrameType.Headers, Stream: 1 } && (f.Flags & EndStream) != 0);
        Assert.NotNull(end);
    }

    /// <summary>A client without any window gets headers and no data, and the server produces little more than that.</summary>
    [Fact]
    public async Task Window_OfZero_HoldsTheServerBackUntilTheClientIsGone()
    {
        server.ResetAbandoned();
        using (var socket = await ConnectAsync(server.Http))
        {
            byte[] tenKilobytes = [0, 0, 0, 0, 3, 8, 128, 80];
            await SendAsync(socket, [.. Preface, .. Settings((4, 0)), .. Open(1, GrpcFixture.Flood), .. Data(1, tenKilobytes, end: true)]);
            Assert.NotNull(await UntilAsync(socket, f => f is { Type: FrameType.Headers, Stream: 1 }));
            Assert.False(server.Abandoned.Task.IsCompleted);
        }

        await server.Abandoned.Task.WaitAsync(Limit);
        Assert.InRange(server.Flooded, 0, 20);
    }

    /// <summary>A client that is cut off leaves its connection open: pings find it, and the handler is told.</summary>
    [Fact]
    public async Task Client_FallsSilent_HandlerIsCancelled()
    {
        var told = new TaskCompletionSource();
        await using var app = Build(kestrel =>
        {
            kestrel.ListenGrpc(0);
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
        });
        app.MapGrpcServerStream<Google.Protobuf.WellKnownTypes.Empty, StringValue>("/a.B/C", Google.Protobuf.WellKnownTypes.Empty.Parser, async (_, call, _) =>
        {
            await Task.Delay(Timeout.Infinite, call.Cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            told.TrySetResult();
        });
        await app.StartAsync();
        using var socket = await ConnectAsync(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await SendAsync(socket, [.. Preface, .. Settings(), .. Open(1, "/a.B/C"), .. Data(1, Empty, end: true)]);
        Assert.NotNull(await UntilAsync(socket, f => f is { Type: FrameType.Headers, Stream: 1 }));
        await told.Task.WaitAsync(Limit);
    }

    private async Task AssertServesAsync()
    {
        using var client = new GrpcConnection(server.Http);
        Assert.Equal(new BytesValue(), await client.UnaryAsync(GrpcFixture.Echo, new BytesValue(), BytesValue.Parser));
    }

    private static WebApplication Build(Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(listen);
        return builder.Build();
    }

    private static async Task<TcpClient> ConnectAsync(string address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(address).Port);
        return client;
    }

    private static Task SendAsync(TcpClient client, byte[] bytes) => client.GetStream().WriteAsync(bytes).AsTask();

    /// <summary>Null when the connection ends before such a frame.</summary>
    private static async Task<Http2Frame?> UntilAsync(TcpClient client, Func<Http2Frame, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await ReadAsync(client.GetStream(), limit.Token) is { } frame)
        {
            if (wanted(frame)) return frame;
        }

        return null;
    }

    private static byte[] Open(int stream, string method) => Frame(FrameType.Headers, EndHeaders, stream, RequestBlock(method));

    private static byte[] RequestBlock(string method) => Block(
        (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers"));

    private static byte[] Data(int stream, byte[] bytes, bool end = false) => Frame(FrameType.Data, end ? EndStream : (byte)0, stream, bytes);

    private static IEnumerable<byte> Many(int times, byte[] frame) => Enumerable.Range(0, times).SelectMany(_ => frame);

    /// <summary>One field, cut into frames of the allowed size.</summary>
    private static IEnumerable<byte> LongField(int bytes)
    {
        byte[][] pieces = [.. Block(("x-long", new string('x', bytes))).Chunk(16_000)];
        return pieces.SelectMany((piece, i) => Frame(FrameType.Continuation, i == pieces.Length - 1 ? EndHeaders : (byte)0, 1, piece));
    }
}
