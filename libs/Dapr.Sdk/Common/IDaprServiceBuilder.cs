using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Common;

/// <summary>What registering a newer client returns: the way back to the services.</summary>
public interface IDaprServiceBuilder
{
    IServiceCollection Services { get; }
}
