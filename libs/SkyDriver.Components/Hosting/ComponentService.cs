using SkyDriver.Components.Bindings;
using SkyDriver.Components.PubSub;
using SkyDriver.Components.Secrets;
using SkyDriver.Components.State;

namespace SkyDriver.Components.Hosting;

/// <summary>A block of Dapr that a component can be.</summary>
/// <param name="Interface">What its author writes.</param>
/// <param name="Names">Full names of the gRPC services, as reflection lists them.</param>
internal sealed record ComponentService(Type Interface, IReadOnlyList<string> Names, Action<ServiceMap> Map)
{
    public const string Package = "dapr.proto.components.v1.";

    public static IReadOnlyList<ComponentService> All { get; } =
    [
        new(typeof(IOutputBinding), [OutputBindingService.Name], OutputBindingService.Map),
        new(typeof(IInputBinding), [InputBindingService.Name], InputBindingService.Map),
        new(typeof(IStateStore), [StateStoreService.Name], StateStoreService.Map),
        new(typeof(ITransactionalStateStore), [TransactionService.Name, TransactionService.SizeName], TransactionService.Map),
        new(typeof(IPubSub), [PubSubService.Name], PubSubService.Map),
        new(typeof(ISecretStore), [SecretStoreService.Name], SecretStoreService.Map),
    ];
}
