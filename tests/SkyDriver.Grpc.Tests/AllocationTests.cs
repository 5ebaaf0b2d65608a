using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace SkyDriver.Grpc.Tests;

/// <summary>Bytes allocated by one call, client and server together, as both run in this process.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AllocationTests : IAsyncLifetime
{
    private const int Calls = 400;

    private readonly GrpcFixture _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>
    /// A bare HttpClient POST to a bare Kestrel route costs some 6 KB for both sides; the rest is ours. A copy of the
    /// message would show in the second row, whose message exists twice by nature: read by the server and by the client.
    /// </summary>
    [Theory]
    [InlineData(100, 9_000)]
    [InlineData(50_000, 2 * 50_000 + 12_000)]
    public async Task Unary_BytesAllocatedPerCall_StayUnderTheBound(int messageBytes, int bound)
    {
        using var client = new GrpcConnection(_server.Http);
        var request = new BytesValue { Value = ByteString.CopyFrom(new byte[messageBytes]) };
        await CallAsync(client, request);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await CallAsync(client, request);
        long perCall = (GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;
        TestContext.Current.TestOutputHelper?.WriteLine($"{messageBytes} bytes: {perCall} bytes allocated per call");
        Assert.InRange(perCall, 1, bound);
    }

    private static async Task CallAsync(GrpcConnection client, BytesValue request)
    {
        for (int i = 0; i < Calls; i++) await client.UnaryAsync(GrpcFixture.Echo, request, BytesValue.Parser);
    }
}

/// <summary>Tests that count what the whole process does run alone.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
