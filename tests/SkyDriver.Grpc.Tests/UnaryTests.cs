using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Rpc;

namespace SkyDriver.Grpc.Tests;

public sealed class UnaryTests(GrpcFixture server) : IClassFixture<GrpcFixture>, IDisposable
{
    private readonly GrpcConnection _tcp = new(server.Http);
    private readonly GrpcConnection _unix = new(server.Unix);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(4_000_000)]
    public async Task Unary_AnySize_ComesBackWhole(int size)
    {
        byte[] payload = new byte[size];
        new Random(size).NextBytes(payload);
        var request = new BytesValue { Value = ByteString.CopyFrom(payload) };
        foreach (var connection in (GrpcConnection[])[_tcp, _unix])
        {
            var answer = await connection.UnaryAsync(GrpcFixture.Echo, request, BytesValue.Parser);
            Assert.Equal(request, answer);
        }
    }

    public static TheoryData<int> Codes => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Unary_HandlerThrowsStatus_CallerGetsCodeAndText(int code)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() =>
            _tcp.UnaryAsync(GrpcFixture.Fail, new Int32Value { Value = code }, Empty.Parser));
        Assert.Equal((StatusCode)code, fault.StatusCode);
        Assert.Equal("refusé: 100 % «naïve»\nline two", fault.Status.Detail);
    }

    [Theory]
    [InlineData(-1, StatusCode.Unknown, "The server failed; its log has the reason.")]
    [InlineData(-2, StatusCode.Cancelled, "The server cancelled the call.")]
    public async Task Unary_HandlerBreaks_IsToldWithoutItsInternals(int how, StatusCode code, string detail)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => _tcp.UnaryAsync(GrpcFixture.Fail, new Int32Value { Value = how }, Empty.Parser));
        Assert.Equal((code, detail), (fault.StatusCode, fault.Status.Detail));
    }

    [Fact]
    public async Task Unary_RichError_DetailsArrive()
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => _unix.UnaryAsync(GrpcFixture.Rich, new Empty(), Empty.Parser));
        Assert.Equal(StatusCode.FailedPrecondition, fault.StatusCode);
        Assert.Equal("etag", Assert.Single(fault.Detail<BadRequest>()!.FieldViolations).Field);
        Assert.Null(fault.Detail<ErrorInfo>());
    }

    [Fact]
    public async Task Unary_UnknownMethod_IsUnimplemented()
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => _tcp.UnaryAsync("/test.Echo/Nothing", new Empty(), Empty.Parser));
        Assert.Equal(StatusCode.Unimplemented, fault.StatusCode);
        Assert.Contains("/test.Echo/Nothing", fault.Status.Detail);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(200, StatusCode.Unknown)]
    public async Task Unary_PlainHttpAnswer_MapsToStatus(int http, StatusCode expected)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => _tcp.UnaryAsync($"/test.Http/{http}", new Empty(), Empty.Parser));
        Assert.Equal(expected, fault.StatusCode);
    }

    [Fact]
    public async Task Unary_DeadlinePasses_BothSidesStop()
    {
        server.ResetAbandoned();
        var fault = await Assert.ThrowsAsync<RpcException>(() =>
            _tcp.UnaryAsync(GrpcFixture.Wait, new Empty(), Empty.Parser, TimeSpan.FromMilliseconds(100)));
        Assert.Equal(StatusCode.DeadlineExceeded, fault.StatusCode);
        await server.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Unary_CallerCancels_ServerIsTold()
    {
        server.ResetAbandoned();
        using var stop = new CancellationTokenSource();
        var call = _tcp.UnaryAsync(GrpcFixture.Wait, new Empty(), Empty.Parser, ct: stop.Token);
        // The echo shares the connection: its answer shows that the first request is on its way.
        await _tcp.UnaryAsync(GrpcFixture.Echo, new BytesValue(), BytesValue.Parser);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Unary_MessageOverLimit_IsResourceExhaustedOnEitherSide()
    {
        var large = new BytesValue { Value = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) };
        var sent = await Assert.ThrowsAsync<RpcException>(() => _tcp.UnaryAsync(GrpcFixture.Echo, large, BytesValue.Parser));
        Assert.Equal(StatusCode.ResourceExhausted, sent.StatusCode);

        using var careless = new GrpcConnection(server.Http, new GrpcConnectionOptions { MaxMessageBytes = 8 * 1024 * 1024 });
        var refused = await Assert.ThrowsAsync<RpcException>(() => careless.UnaryAsync(GrpcFixture.Echo, large, BytesValue.Parser));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);

        var answer = await Assert.ThrowsAsync<RpcException>(() =>
            careless.UnaryAsync(GrpcFixture.Big, new Int32Value { Value = 5_000_000 }, BytesValue.Parser));
        Assert.Equal(StatusCode.ResourceExhausted, answer.StatusCode);

        using var small = new GrpcConnection(server.Http, new GrpcConnectionOptions { MaxMessageBytes = 1000 });
        var received = await Assert.ThrowsAsync<RpcException>(() =>
            small.UnaryAsync(GrpcFixture.Big, new Int32Value { Value = 2000 }, BytesValue.Parser));
        Assert.Equal(StatusCode.ResourceExhausted, received.StatusCode);
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailable()
    {
        using var dead = new GrpcConnection("unix:///nowhere/at/all.sock");
        var fault = await Assert.ThrowsAsync<RpcException>(() => dead.UnaryAsync(GrpcFixture.Echo, new BytesValue(), BytesValue.Parser));
        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
    }

    [Fact]
    public async Task Metadata_TokenAndHeadersAndCallKeys_ReachTheHandler()
    {
        using var connection = new GrpcConnection(server.Http, new GrpcConnectionOptions
        {
            ApiToken = "secret",
            Headers = new Dictionary<string, string> { ["x-component-instance"] = "store-1" },
        });
        Assert.Equal("secret", await Ask("dapr-api-token"));
        Assert.Equal("store-1", await Ask("x-component-instance"));
        Assert.Equal("42", await Ask("x-call"));
        Assert.Equal("(none)", await Ask("x-other"));
        Assert.Equal("99999999m", await Ask("grpc-timeout", TimeSpan.FromMilliseconds(99_999_999)));

        async Task<string> Ask(string key, TimeSpan? deadline = null)
        {
            var metadata = new Dictionary<string, string> { ["X-Call"] = "42" };
            var answer = await connection.UnaryAsync(
                GrpcFixture.Headers, new StringValue { Value = key }, StringValue.Parser, deadline, metadata);
            return answer.Value;
        }
    }

    [Fact]
    public async Task Metadata_LineBreakInValue_IsRefusedBeforeSending()
    {
        var metadata = new Dictionary<string, string> { ["x-bad"] = "a\r\nb" };
        await Assert.ThrowsAsync<ArgumentException>(() =>
            _tcp.UnaryAsync(GrpcFixture.Echo, new BytesValue(), BytesValue.Parser, metadata: metadata));
    }

    [Fact]
    public void Address_OtherScheme_IsRefusedWithTheForms()
    {
        var fault = Assert.Throws<ArgumentException>(() => new GrpcConnection("ftp://x"));
        Assert.Contains("unix:///path", fault.Message);
    }

    [Fact]
    public async Task Unary_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            _tcp.UnaryAsync(GrpcFixture.Echo, new BytesValue { Value = ByteString.CopyFromUtf8($"{i}") }, BytesValue.Parser)));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), answers.Select(a => a.Value.ToStringUtf8()));
    }

    public void Dispose()
    {
        _tcp.Dispose();
        _unix.Dispose();
    }
}
