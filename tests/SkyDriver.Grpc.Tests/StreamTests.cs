using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Reflection;

namespace SkyDriver.Grpc.Tests;

public sealed class StreamTests(GrpcFixture server) : IClassFixture<GrpcFixture>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly GrpcConnection _connection = new(server.Unix);

    [Fact]
    public async Task ServerStream_EndsWell_AllMessagesInOrder()
    {
        var seen = new List<int>();
        await foreach (var message in _connection.ServerStreamAsync(GrpcFixture.Count, new Int32Value { Value = 500 }, Int32Value.Parser))
        {
            seen.Add(message.Value);
        }

        Assert.Equal(Enumerable.Range(0, 500), seen);
    }

    [Fact]
    public async Task ServerStream_FailsHalfway_MessagesThenStatus()
    {
        int seen = 0;
        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in _connection.ServerStreamAsync(GrpcFixture.Count, new Int32Value { Value = 13 }, Int32Value.Parser)) seen++;
        });
        Assert.Equal((13, StatusCode.DataLoss, "thirteen"), (seen, fault.StatusCode, fault.Status.Detail));
    }

    [Fact]
    public async Task ServerStream_ReaderStops_ServerIsTold()
    {
        server.ResetAbandoned();
        await foreach (var _ in _connection.ServerStreamAsync(GrpcFixture.Flood, new Int32Value { Value = 1000 }, BytesValue.Parser)) break;
        await server.Abandoned.Task.WaitAsync(Limit);
    }

    [Fact]
    public async Task ServerStream_SlowReader_HoldsTheServerBack()
    {
        using var stop = new CancellationTokenSource();
        await using var messages = _connection
            .ServerStreamAsync(GrpcFixture.Flood, new Int32Value { Value = 1_000_000 }, BytesValue.Parser, ct: stop.Token)
            .GetAsyncEnumerator();
        Assert.True(await messages.MoveNextAsync());
        // Windows and buffers hold a few megabytes; an unbounded writer would pass any number. Two equal readings
        // with a full round trip between them show that it stands still.
        int before = -1;
        using var other = new GrpcConnection(server.Http);
        while (before != server.Flooded)
        {
            before = server.Flooded;
            for (int i = 0; i < 50; i++) await other.UnaryAsync(GrpcFixture.Echo, new BytesValue(), BytesValue.Parser);
        }

        Assert.InRange(before, 1, 100);
        Assert.True(await messages.MoveNextAsync());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await messages.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task Duplex_QuestionsAndAnswers_Interleave()
    {
        using var call = _connection.Duplex(GrpcFixture.Chat, StringValue.Parser);
        await using var answers = call.ReadAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < 20; i++)
        {
            await call.WriteAsync(new StringValue { Value = $"q{i}" });
            Assert.True(await answers.MoveNextAsync());
            Assert.Equal($"re: q{i}", answers.Current.Value);
        }

        // Half open: this side has finished, the other still speaks.
        await call.CompleteAsync();
        Assert.True(await answers.MoveNextAsync());
        Assert.Equal("bye", answers.Current.Value);
        Assert.False(await answers.MoveNextAsync());
    }

    [Fact]
    public async Task Duplex_WritersOnManyThreads_NoMessageIsTorn()
    {
        using var call = _connection.Duplex(GrpcFixture.Chat, StringValue.Parser);
        var reader = Task.Run(async () =>
        {
            var all = new HashSet<string>();
            await foreach (var answer in call.ReadAllAsync()) all.Add(answer.Value);
            return all;
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++) await call.WriteAsync(new StringValue { Value = new string((char)('a' + t), 200) + i });
        })));
        await call.CompleteAsync();
        Assert.Equal(401, (await reader.WaitAsync(Limit)).Count);
    }

    [Fact]
    public async Task Duplex_ServerEndsFirst_ReaderAndWriterLearnIt()
    {
        using var call = _connection.Duplex(GrpcFixture.Early, StringValue.Parser);
        await call.WriteAsync(new StringValue { Value = "one" });
        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var answer in call.ReadAllAsync()) Assert.Equal("one", answer.Value);
        });
        Assert.Equal(StatusCode.OutOfRange, fault.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true) await call.WriteAsync(new StringValue { Value = "more" });
        }).WaitAsync(Limit);
    }

    [Fact]
    public async Task Duplex_Disposed_ReaderEndsCancelled()
    {
        var call = _connection.Duplex(GrpcFixture.Chat, StringValue.Parser);
        await call.WriteAsync(new StringValue { Value = "x" });
        await using var answers = call.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await answers.MoveNextAsync());
        var pending = answers.MoveNextAsync().AsTask();
        call.Dispose();
        call.Dispose();
        var fault = await Assert.ThrowsAsync<RpcException>(() => pending.WaitAsync(Limit));
        Assert.Equal(StatusCode.Cancelled, fault.StatusCode);
    }

    [Fact]
    public async Task Duplex_NobodyListens_WriterAndReaderFail()
    {
        using var dead = new GrpcConnection("unix:///nowhere/at/all.sock");
        using var call = dead.Duplex(GrpcFixture.Chat, StringValue.Parser);
        await Assert.ThrowsAsync<RpcException>(() => call.WriteAsync(new StringValue()).WaitAsync(Limit));
        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var answer in call.ReadAllAsync()) Assert.Fail(answer.Value);
        });
        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task Reflection_ListServices_NamesThem(string version)
    {
        using var call = _connection.Duplex(
            $"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser);
        await call.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        await call.WriteAsync(new ServerReflectionRequest { FileByFilename = "x.proto" });
        await call.CompleteAsync();
        var answers = new List<ServerReflectionResponse>();
        await foreach (var answer in call.ReadAllAsync()) answers.Add(answer);
        Assert.Equal("test.Echo", answers[0].ListServicesResponse.Service[0].Name);
        Assert.Equal((int)StatusCode.NotFound, answers[1].ErrorResponse.ErrorCode);
    }

    public void Dispose() => _connection.Dispose();
}
