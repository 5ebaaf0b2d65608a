using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>A secret store that another process serves over gRPC on a Unix socket.</summary>
internal sealed class PluggableSecretStore(ComponentSpec component, ComponentEnvironment environment) : ISecretStore, IStartsLate
{
    private const string Service = PluggableTypes.Package + "SecretStore";

    // Nothing depends on its features: a secret is a map either way.
    private readonly PluggableConnection _connection = new(component, Service, environment, (session, ct) =>
        session.CallAsync("Features", new FeaturesRequest(), FeaturesResponse.Parser, ct));

    public Task StartAsync(CancellationToken ct) => _connection.StartAsync(ct);

    public async ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        GetSecretResponse found = await CallAsync("Get", new GetSecretRequest { Key = name, Metadata = { metadata.ToDictionary() } }, GetSecretResponse.Parser, ct);
        return found.Data.Count > 0 ? new Dictionary<string, string>(found.Data) : null;
    }

    public async ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        BulkGetSecretResponse found = await CallAsync("BulkGet", new BulkGetSecretRequest { Metadata = { metadata.ToDictionary() } }, BulkGetSecretResponse.Parser, ct);
        return found.Data.ToDictionary(s => s.Key, s => (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(s.Value.Secrets));
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        try
        {
            PluggableSession session = await _connection.SessionAsync(ct);
            return await session.CallAsync(method, request, parser, ct);
        }
        catch (RpcException fault)
        {
            throw PluggableFaults.Translate(fault);
        }
    }
}
