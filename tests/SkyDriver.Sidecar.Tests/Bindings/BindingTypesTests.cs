using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Bindings;

public sealed class BindingTypesTests
{
    [Theory]
    [InlineData("bindings.cron", null, true, false)]
    [InlineData("bindings.http", null, false, true)]
    [InlineData("bindings.mine", null, true, true)]
    [InlineData("bindings.mine", "input", true, false)]
    [InlineData("bindings.mine", "Output", false, true)]
    [InlineData("bindings.mine", "input, output", true, true)]
    [InlineData("bindings.cron", "input,output", true, false)]
    public void Directions_TypeAndMetadata_AreBothHeard(string type, string? direction, bool input, bool output)
    {
        ComponentSpec spec = direction is null ? Specs.Of(type) : Specs.Of(type, ("direction", direction));
        Assert.Equal((input, output), BindingTypes.Directions(spec));
    }

    [Theory]
    [InlineData("bindings.cron", "output")]
    [InlineData("bindings.localstorage", "input")]
    [InlineData("bindings.mine", "sideways")]
    [InlineData("bindings.mine", ",")]
    public void Directions_NoneLeft_IsAFault(string type, string direction) =>
        Assert.Contains("direction", Assert.Throws<ResourceException>(() => BindingTypes.Directions(Specs.Of(type, ("direction", direction)))).Message);
}
