using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace SkyDriver.Grpc.Tests;

/// <summary>What peers of other makes may send: written byte by byte with a bare HTTP/2 client.</summary>
public sealed class ProtocolTests(GrpcFixture server) : IClassFixture<GrpcFixture>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private readonly GrpcConnection _connection = new(server.Http);

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Unimplemented)]                    // compressed
    [InlineData(new byte[] { 0, 127, 255, 255, 255 }, StatusCode.ResourceExhausted)]        // promises 2 GiB
    [InlineData(new byte[] { 0, 0, 0 }, StatusCode.Internal)]                               // cut inside the prefix
    [InlineData(new byte[] { }, StatusCode.Internal)]                                       // no message
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, StatusCode.Internal)]          // two messages
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 255, 255 }, StatusCode.Internal)]               // no protobuf
    public async Task Request_BadFrame_IsAnsweredByAStatusInTheHeaders(byte[] body, StatusCode expected)
    {
        using var answer = await PostAsync(GrpcFixture.Echo, body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([((int)expected).ToString()], answer.Headers.GetValues("grpc-status"));
        Assert.True(answer.Headers.Contains("grpc-message"));
    }

    /// <summary>Random bytes as a request: some status, and the server goes on.</summary>
    [Fact]
    public async Task Request_RandomBytes_AlwaysEndInAStatus()
    {
        var random = new Random(20261121);
        for (int round = 0; round < 200; round++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            if (round % 2 == 0 && body.Length > 4) (body[0], body[1], body[2], body[3]) = (0, 0, 0, 0);
            using var answer = await PostAsync(GrpcFixture.Echo, body);
            await answer.Content.ReadAsByteArrayAsync();
            Assert.True(answer.Headers.Contains("grpc-status") || answer.TrailingHeaders.Contains("grpc-status"), Convert.ToHexString(body));
        }

        Assert.Single(await CountAsync(1));
    }

    [Fact]
    public async Task Request_OtherContentType_IsRefusedByHttp()
    {
        using var answer = await PostAsync(GrpcFixture.Echo, [], "application/json");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Theory]
    [InlineData("1m", true)]
    [InlineData("1M", false)]
    public async Task Request_Timeout_IsKeptByTheServer(string timeout, bool passes)
    {
        using var stop = new CancellationTokenSource();
        using var request = Request(GrpcFixture.Wait, [0, 0, 0, 0, 0], "application/grpc");
        request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        var sending = _http.SendAsync(request, stop.Token);
        if (passes)
        {
            using var answer = await sending.WaitAsync(Limit);
            Assert.Equal([((int)StatusCode.DeadlineExceeded).ToString()], answer.Headers.GetValues("grpc-status"));
        }
        else
        {
            server.ResetAbandoned();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    public async Task Answer_OfPlainHttp_HasTheStatusOfTheTable(int http, StatusCode expected)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => _connection.UnaryAsync($"/test.Http/{http}", new Empty(), Empty.Parser));
        Assert.Equal(expected, fault.StatusCode);
    }

    /// <summary>Far more streams than one connection of many servers takes, all open at once.</summary>
    [Fact]
    public async Task Duplex_HundredAndMoreOpenAtOnce_AllGetTheirAnswers()
    {
        using var limit = new CancellationTokenSource(Limit);
        var calls = Enumerable.Range(0, 120).Select(_ => _connection.Duplex(GrpcFixture.Chat, StringValue.Parser, ct: limit.Token)).ToArray();
        var readers = calls.Select(c => c.ReadAllAsync(limit.Token).GetAsyncEnumerator(limit.Token)).ToArray();
        for (int i = 0; i < calls.Length; i++) await calls[i].WriteAsync(new StringValue { Value = $"{i}" }, limit.Token);
        for (int i = 0; i < calls.Length; i++)
        {
            Assert.True(await readers[i].MoveNextAsync());
            Assert.Equal($"re: {i}", readers[i].Current.Value);
        }

        foreach (var call in calls) call.Dispose();
    }

    [Fact]
    public async Task Metadata_BinaryKey_TravelsAsItsBase64()
    {
        string value = Convert.ToBase64String([0, 1, 254, 255]);
        var answer = await _connection.UnaryAsync(
            GrpcFixture.Headers, new StringValue { Value = "trace-bin" }, StringValue.Parser, metadata: new Dictionary<string, string> { ["trace-bin"] = value });
        Assert.Equal(value, answer.Value);
    }

    public void Dispose()
    {
        _http.Dispose();
        _connection.Dispose();
    }

    private async Task<List<int>> CountAsync(int count)
    {
        var seen = new List<int>();
        await foreach (var message in _connection.ServerStreamAsync(GrpcFixture.Count, new Int32Value { Value = count }, Int32Value.Parser)) seen.Add(message.Value);
        return seen;
    }

    private async Task<HttpResponseMessage> PostAsync(string method, byte[] body, string contentType = "application/grpc")
    {
        using var limit = new CancellationTokenSource(Limit);
        using var request = Request(method, body, contentType);
        return await _http.SendAsync(request, limit.Token);
    }

    private HttpRequestMessage Request(string method, byte[] body, string contentType) => new(HttpMethod.Post, server.Http + method)
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } },
    };
}
