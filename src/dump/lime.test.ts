import { runsOf, writeLime } from '../../test/build/ram-image-writer.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { lime } from './lime.ts';

testDumpFormat('LiME', { format: lime, build: (memory) => [writeLime(runsOf(memory))], knowsExcluded: false });
