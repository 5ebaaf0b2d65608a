using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;
using WireItem = SkyDriver.Grpc.Protos.Common.ConfigurationItem;
using WireSubscription = SkyDriver.Grpc.Protos.Runtime.SubscribeConfigurationResponse;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    public override async Task<StateQueryResponse<TValue>> QueryStateAsync<TValue>(
        string storeName,
        string jsonQuery,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(jsonQuery);
        var request = new QueryStateRequest { StoreName = storeName, Query = jsonQuery };
        Copy(metadata, request.Metadata);
        var page = await CallAsync("QueryStateAlpha1", request, QueryStateResponse.Parser, "The state query", cancellationToken);
        var read = page.Results.Where(r => r.Error.Length == 0)
            .Select(r => new StateQueryItem<TValue>(r.Key, FromBytes<TValue>(r.Data, $"State '{r.Key}'"), r.Etag, r.Error));
        var response = new StateQueryResponse<TValue>([.. read], page.Token, new Dictionary<string, string>(page.Metadata));
        string[] failed = [.. page.Results.Where(r => r.Error.Length > 0).Select(r => r.Key)];
        return failed.Length == 0 ? response : throw new StateQueryException<TValue>(
            $"The state query could not read {string.Join(", ", failed)}; the rest is in {nameof(StateQueryException<TValue>.Response)}.", response, failed);
    }

    public override async Task<GetConfigurationResponse> GetConfiguration(
        string storeName,
        IReadOnlyList<string> keys,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new GetConfigurationRequest { StoreName = storeName, Keys = { keys ?? [] } };
        Copy(metadata, request.Metadata);
        var response = await CallAsync(
            "GetConfiguration", request, SkyDriver.Grpc.Protos.Runtime.GetConfigurationResponse.Parser, "Reading configuration", cancellationToken);
        return new GetConfigurationResponse(ToItems(response.Items));
    }

    /// <summary>Nothing is sent before the source is read.</summary>
    public override Task<SubscribeConfigurationResponse> SubscribeConfiguration(
        string storeName,
        IReadOnlyList<string> keys,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new SubscribeConfigurationRequest { StoreName = storeName, Keys = { keys ?? [] } };
        Copy(metadata, request.Metadata);
        var source = new ConfigurationStream(ct => grpc.ServerStreamAsync(
            Service + "SubscribeConfiguration", request, WireSubscription.Parser, ct: ct), cancellationToken);
        return Task.FromResult(new SubscribeConfigurationResponse(source));
    }

    public override async Task<UnsubscribeConfigurationResponse> UnsubscribeConfiguration(
        string storeName, string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(id);
        var request = new UnsubscribeConfigurationRequest { StoreName = storeName, Id = id };
        var response = await CallAsync(
            "UnsubscribeConfiguration",
            request,
            SkyDriver.Grpc.Protos.Runtime.UnsubscribeConfigurationResponse.Parser,
            "Ending the subscription to configuration",
            cancellationToken);
        return new UnsubscribeConfigurationResponse(response.Ok, response.Message);
    }

    [Experimental(DaprExperiments.DistributedLock, UrlFormat = DaprExperiments.DistributedLockUrl)]
    public override async Task<TryLockResponse> Lock(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(lockOwner);
        if (expiryInSeconds <= 0) throw new ArgumentException($"A lock must expire after some seconds, not {expiryInSeconds}.", nameof(expiryInSeconds));
        var request = new TryLockRequest
        {
            StoreName = storeName,
            ResourceId = resourceId,
            LockOwner = lockOwner,
            ExpiryInSeconds = expiryInSeconds,
        };
        var response = await CallAsync(
            "TryLockAlpha1", request, SkyDriver.Grpc.Protos.Runtime.TryLockResponse.Parser, $"Locking '{resourceId}'", cancellationToken);
        return new TryLockResponse { StoreName = storeName, ResourceId = resourceId, LockOwner = lockOwner, Success = response.Success };
    }

    [Experimental(DaprExperiments.DistributedLock, UrlFormat = DaprExperiments.DistributedLockUrl)]
    public override async Task<UnlockResponse> Unlock(
        string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(lockOwner);
        var request = new UnlockRequest { StoreName = storeName, ResourceId = resourceId, LockOwner = lockOwner };
        var response = await CallAsync(
            "UnlockAlpha1", request, SkyDriver.Grpc.Protos.Runtime.UnlockResponse.Parser, $"Unlocking '{resourceId}'", cancellationToken);
        return new UnlockResponse((LockStatus)(int)response.Status);
    }

    private static Dictionary<string, ConfigurationItem> ToItems(IDictionary<string, WireItem> items) => items.ToDictionary(
        i => i.Key, i => new ConfigurationItem(i.Value.Value, i.Value.Version, new Dictionary<string, string>(i.Value.Metadata)));

    /// <summary>Each enumeration is a subscription of its own; the id is the one of the latest.</summary>
    private sealed class ConfigurationStream(
        Func<CancellationToken, IAsyncEnumerable<WireSubscription>> open, CancellationToken subscriber) : ConfigurationSource
    {
        private volatile string _id = "";

        public override string Id => _id;

        public override async IAsyncEnumerator<IDictionary<string, ConfigurationItem>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(subscriber, cancellationToken);
            await using var changes = open(both.Token).GetAsyncEnumerator(both.Token);
            while (await MoveAsync(changes))
            {
                _id = changes.Current.Id;
                // The first element only tells the id.
                if (changes.Current.Items.Count > 0) yield return ToItems(changes.Current.Items);
            }
        }

        private static async Task<bool> MoveAsync(IAsyncEnumerator<WireSubscription> changes)
        {
            try
            {
                return await changes.MoveNextAsync();
            }
            catch (RpcException e)
            {
                throw Failed("The subscription to configuration", e);
            }
        }
    }
}
