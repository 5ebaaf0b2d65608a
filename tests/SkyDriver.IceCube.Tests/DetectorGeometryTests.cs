namespace SkyDriver.IceCube.Tests;

public class DetectorGeometryTests
{
    [Fact]
    public void Modules_WholeTable_HasEveryStringAndModuleInOrder()
    {
        Assert.Equal(86 * 60, DetectorGeometry.Modules.Count);
        Assert.Equal((1, 1), (DetectorGeometry.Modules[0].String, DetectorGeometry.Modules[0].Om));
        Assert.Equal((86, 60), (DetectorGeometry.Modules[^1].String, DetectorGeometry.Modules[^1].Om));
    }

    [Fact]   // the self-veto vertex stored in event 130322/1414689 is this module's position, to the last digit
    public void TryGet_BrightestModuleOfARealEvent_IsWhereTheEventSaysItIs()
    {
        Assert.True(DetectorGeometry.TryGet(37, 24, out Module module));
        Assert.Equal(new Module(37, 24, 194.34, -30.92, 112.62), module);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(87, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 61)]
    [InlineData(int.MinValue, int.MaxValue)]
    public void TryGet_NoSuchModule_IsFalse(int @string, int om) => Assert.False(DetectorGeometry.TryGet(@string, om, out _));
}
