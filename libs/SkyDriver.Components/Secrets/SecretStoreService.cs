using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.Secrets;

/// <summary>Serves an <see cref="ISecretStore"/>.</summary>
internal static class SecretStoreService
{
    public const string Name = ComponentService.Package + "SecretStore";
    private const string MultipleKeys = "MULTIPLE_KEY_VALUES_PER_SECRET";

    public static void Map(ServiceMap map)
    {
        map.Lifecycle(Name);
        map.Unary<ISecretStore, FeaturesRequest, FeaturesResponse>($"/{Name}/Features", FeaturesRequest.Parser, (store, _, _) =>
            Task.FromResult(new FeaturesResponse { Features = { store.HasMultipleKeysPerSecret ? [MultipleKeys] : Array.Empty<string>() } }));
        map.Unary<ISecretStore, GetSecretRequest, GetSecretResponse>($"/{Name}/Get", GetSecretRequest.Parser, async (store, request, ct) =>
        {
            GetSecretResponse response = new();
            foreach ((string key, string value) in await store.GetAsync(request.Key, Wire.Map(request.Metadata), ct)) response.Data[key] = value;
            return response;
        });
        map.Unary<ISecretStore, BulkGetSecretRequest, BulkGetSecretResponse>($"/{Name}/BulkGet", BulkGetSecretRequest.Parser, async (store, request, ct) =>
        {
            BulkGetSecretResponse response = new();
            foreach ((string name, IReadOnlyDictionary<string, string> values) in await store.GetAllAsync(Wire.Map(request.Metadata), ct))
            {
                SecretResponse secret = response.Data[name] = new SecretResponse();
                foreach ((string key, string value) in values) secret.Secrets[key] = value;
            }

            return response;
        });
    }
}
