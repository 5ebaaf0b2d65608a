namespace SkyDriver.Components;

/// <summary>What a component's object is made for.</summary>
/// <param name="Name">Name of the component YAML (<c>metadata.name</c>).</param>
/// <param name="Services">Services of the host, such as loggers.</param>
public sealed record ComponentContext(string Name, IServiceProvider Services);
