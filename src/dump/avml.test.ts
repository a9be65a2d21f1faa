import { runsOf, writeAvml } from '../../test/build/ram-image-writer.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { avml } from './avml.ts';

testDumpFormat('AVML', { format: avml, build: (memory) => [writeAvml(runsOf(memory))], knowsExcluded: false });
